import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKubeconfig, podConnection, readKubeconfig } from "../../kubernetes/kubeconfig";
import { kubeconfig } from "../batch/fakes/kubeconfig";

const server = "https://10.0.0.1:6443";
const base64 = (text: string) => Buffer.from(text).toString("base64");

test("reads the current context's server and token", () => {
  expect(parseKubeconfig(kubeconfig(`${server}/`))).toMatchObject({ server, token: "secret-token", insecure: false });
});

test("reads certificates", () => {
  const user = { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") };
  const cluster = { "certificate-authority-data": base64("CA"), "tls-server-name": "kubernetes" };
  expect(parseKubeconfig(kubeconfig(server, user, cluster))).toMatchObject({
    cert: "CERT",
    key: "KEY",
    ca: "CA",
    servername: "kubernetes",
  });
});

test("reads a program that gives the credentials, and what it may be told of the cluster", () => {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "kubelogin", args: ["get-token"] };
  const { program } = parseKubeconfig(kubeconfig(server, { exec }, { "tls-server-name": "kubernetes" }));
  expect(program).toMatchObject({ ...exec, cluster: { server, "tls-server-name": "kubernetes" } });
});

test.each<[string, string, RegExp]>([
  ["no YAML", "{secret-token", /^kubeconfig: is not YAML$/],
  ["no kubeconfig", "secret-token", /^kubeconfig: /],
  ["an empty text", "", /^kubeconfig: /],
  ["no server", kubeconfig("10.0.0.1"), /^kubeconfig: clusters\.0\.cluster\.server: /],
  ["no such context", kubeconfig(server).replace("name: main", "name: second"), /there is no context 'main'/],
  ["no such user", kubeconfig(server).replace("name: admin", "name: guest"), /names a cluster or a user that is not there/],
  [
    "a program of an unknown version",
    kubeconfig(server, { exec: { command: "aws", args: ["secret-token"] } }),
    /^kubeconfig: exec\.apiVersion: /,
  ],
  [
    "files",
    kubeconfig(server, { "client-key": "/home/secret-token" }),
    /names files; put their contents in with `kubectl config view --flatten --minify`/,
  ],
  ["broken certificates", kubeconfig(server, { "client-key-data": "secret-token!" }), /^kubeconfig: users\.0\.user\.client-key-data: /],
])("%s is a fault that is explained without showing the text", (_what, text, message) => {
  expect(() => parseKubeconfig(text)).toThrow(message);
  expect(() => parseKubeconfig(text)).not.toThrow(/secret-token/);
});

test("oddities of the text are not printed as warnings, which would show it", () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  parseKubeconfig(kubeconfig(server).replace("secret-token", "!odd secret-token"));
  expect(warn.mock.calls).toEqual([]);
  warn.mockRestore();
});

test("another context, and another cluster, may be asked for", () => {
  const text = kubeconfig(server)
    .replace("name: elsewhere", "name: main")
    .replace("cluster: elsewhere", "cluster: main")
    .replace("user: nobody", "user: admin\n      namespace: ns");
  expect(parseKubeconfig(text, { context: "other" })).toMatchObject({ server, namespace: "ns" });
  expect(() => parseKubeconfig(text, { context: "third" })).toThrow("there is no context 'third', which is asked for");
  expect(() => parseKubeconfig(text, { cluster: "third" })).toThrow("names a cluster or a user that is not there");
});

test.each([
  ["a user who logs in otherwise", { "auth-provider": { name: "gcp" } }, {}, /auth-provider is not supported; use a client certificate/],
  ["a proxy", { token: "t" }, { "proxy-url": "http://proxy" }, /proxy-url is not supported/],
])("%s is a fault", (_what, user, cluster, message) => {
  expect(() => parseKubeconfig(kubeconfig(server, user, cluster))).toThrow(message);
});

describe("a file", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kubeconfig-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (content: string): string => {
    const path = join(folder, "config.yaml");
    writeFileSync(path, content);
    return path;
  };

  test("gives the server, its authority and the user's certificate", () => {
    writeFileSync(join(folder, "cert.pem"), "CERT");
    writeFileSync(join(folder, "token"), "TOKEN\n");
    const user = { "client-certificate": "cert.pem", "client-key-data": base64("KEY"), tokenFile: "token" };
    const connection = readKubeconfig(file(kubeconfig(`${server}/`, user, { "certificate-authority-data": base64("CA") })));
    expect(connection).toMatchObject({ server, ca: "CA", cert: "CERT", key: "KEY", token: "TOKEN" });
  });

  test("may hold a token instead", () => expect(readKubeconfig(file(kubeconfig(server))).token).toBe("secret-token"));

  test("without any of these, or that is not there, is an error that says what works", () => {
    expect(() => readKubeconfig(file(kubeconfig(server, { username: "u" })))).toThrow(
      /username is not supported; use a client certificate, a token/,
    );
    expect(() => readKubeconfig(file("{}"))).toThrow(/^kubeconfig: contexts: /);
    expect(() => readKubeconfig("/nowhere/config")).toThrow(/^kubeconfig: \/nowhere\/config cannot be read: /);
  });
});

test("outside a pod there is no connection of a pod", () => {
  expect(() => podConnection({})).toThrow("give --kubeconfig FILE");
});
