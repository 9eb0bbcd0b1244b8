import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TLSSocket } from "node:tls";
import { connect } from "../../kubernetes/connect";
import { Login, parseExec, type Program } from "../../kubernetes/exec";
import { selfSigned } from "../batch/fakes/certificate";
import { kubeconfig } from "../batch/fakes/kubeconfig";
import { answerWith, serve } from "../batch/fakes/server";

const apiVersion = "client.authentication.k8s.io/v1";

let folder: string;
const closing: (() => unknown)[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "exec-"))));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** A program of a kubeconfig, in JavaScript; `n` is how often it has run before. */
function program(script: string, changes: object = {}): object {
  const [file, count] = [join(folder, "login.js"), join(folder, "count")];
  const counting = `const { appendFileSync, readFileSync } = require("node:fs");
    appendFileSync(${JSON.stringify(count)}, "x");
    const n = readFileSync(${JSON.stringify(count)}, "utf8").length - 1;
    const give = (status) => console.log(JSON.stringify({ apiVersion: "${apiVersion}", kind: "ExecCredential", status }));`;
  writeFileSync(file, `${counting}\n${script}`);
  return { apiVersion, command: process.execPath, args: [file], ...changes };
}

const runs = (): number => (existsSync(join(folder, "count")) ? readFileSync(join(folder, "count"), "utf8").length : 0);

const parsed = (script: string, changes?: object): Program => parseExec(program(script, changes), { server: "https://10.0.0.1:6443" });

describe("a kubeconfig's program", () => {
  test.each<[string, object, string]>([
    ["of an old version", { apiVersion: "client.authentication.k8s.io/v1alpha1" }, "kubeconfig: exec.apiVersion: "],
    ["without a name", { command: undefined }, "kubeconfig: exec.command: "],
    ["beside the kubeconfig", { command: "./login" }, "exec.command: must be a name that is found on PATH, or an absolute path"],
    ["that needs a terminal", { interactiveMode: "Always" }, "exec.interactiveMode: must not be Always"],
  ])("%s is a fault that is explained without its arguments", (_what, changes, message) => {
    const exec = { apiVersion, command: "login", args: ["very-secret"], ...changes };
    expect(() => parseExec(exec, {})).toThrow(message);
    expect(() => parseExec(exec, {})).not.toThrow(/very-secret/);
  });

  test("is told what the kubeconfig says, and of the cluster only if it is to", async () => {
    const script = "give({ token: JSON.stringify([process.env.KUBERNETES_EXEC_INFO, process.env.WHO, process.env.PATH]) });";
    const env = [{ name: "WHO", value: "me" }];
    const asked = async (changes: object) => {
      const { token = "" } = await new Login(parsed(script, { env, ...changes })).credentials();
      const [info = "", ...rest] = JSON.parse(token) as string[];
      return [JSON.parse(info) as object, ...rest];
    };
    const request = { apiVersion, kind: "ExecCredential" };
    expect(await asked({})).toEqual([{ ...request, spec: { interactive: false } }, "me", process.env.PATH]);
    const cluster = { server: "https://10.0.0.1:6443" };
    expect(await asked({ provideClusterInfo: true })).toEqual([
      { ...request, spec: { interactive: false, cluster } },
      "me",
      process.env.PATH,
    ]);
  });

  test("runs once for requests that come together and later", async () => {
    const login = new Login(parsed("give({ token: `token-${n}` });"));
    const all = await Promise.all([login.credentials(), login.credentials()]);
    expect([...all, await login.credentials()].map(({ token }) => token)).toEqual(["token-0", "token-0", "token-0"]);
    expect(runs()).toBe(1);
  });

  test("runs again shortly before its credentials expire, and when they are refused", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const login = new Login(parsed("give({ token: `token-${n}`, expirationTimestamp: `2026-01-01T0${n + 1}:00:00Z` });"), () => now);
    const first = await login.credentials();
    now = Date.parse("2026-01-01T00:59:00Z");
    expect(await login.credentials()).toBe(first);
    now = Date.parse("2026-01-01T00:59:55Z");
    const second = await login.credentials();
    expect(second).toMatchObject({ token: "token-1" });
    login.refused(first);
    expect(await login.credentials()).toBe(second);
    login.refused(second);
    expect(await login.credentials()).toMatchObject({ token: "token-2" });
  });

  test.each<[string, string, RegExp]>([
    [
      "fails",
      'console.log("very-secret"); process.exitCode = 3;',
      /^the program '.*', which gives the kubeconfig's credentials, ended with exit status 3$/,
    ],
    ["prints no JSON", 'console.log("very-secret");', /did not print JSON$/],
    ["prints something else", 'console.log(\'{"kind": "very-secret"}\');', /did not print an ExecCredential$/],
    ["gives nothing", 'give({ clientCertificateData: "very-secret" });', /gave neither a token nor a client certificate$/],
    ["prints without an end", 'setInterval(() => process.stdout.write("very-secret".repeat(1e4)), 1);', /was ended \(SIGKILL\)/],
  ])("that %s is a fault that does not show what it printed", async (_what, script, message) => {
    const answer = new Login(parsed(script)).credentials();
    await expect(answer).rejects.toThrow(message);
    await expect(answer).rejects.not.toThrow(/very-secret/);
    await expect(answer).rejects.toMatchObject({ status: 401, transient: false });
  });

  /** Starts a process that keeps the program's output open, and ends with the test. */
  function startAnother(): string {
    const file = join(folder, "pid");
    closing.push(() => existsSync(file) && process.kill(Number(readFileSync(file, "utf8"))));
    return `const other = require("node:child_process").spawn("sleep", ["60"], { stdio: "inherit" });
      other.unref();
      require("node:fs").writeFileSync(${JSON.stringify(file)}, String(other.pid));`;
  }

  test("that hangs is ended, although what it has started goes on", async () => {
    const script = `${startAnother()} setInterval(() => 0, 1000);`;
    await expect(new Login(parsed(script), Date.now, 2_000).credentials()).rejects.toThrow(/was ended \(SIGKILL\); it may take 2 s$/);
  });

  test("that has started something which goes on has given its credentials", async () => {
    const script = `${startAnother()} give({ token: "a" });`;
    expect(await new Login(parsed(script)).credentials()).toMatchObject({ token: "a" });
  });

  test("that is not installed: the kubeconfig's hint is shown", async () => {
    const missing = parseExec({ apiVersion, command: "no-such-login", installHint: "Get it\n  from here." }, {});
    await expect(new Login(missing).credentials()).rejects.toThrow(
      /^the program 'no-such-login', .* is not installed: Get it from here\.$/,
    );
  });

  test("that worked before and fails is worth another try", async () => {
    const login = new Login(
      parsed('if (n === 0) give({ token: "a", expirationTimestamp: "2026-01-01T00:00:00Z" }); else process.exitCode = 1;'),
    );
    await login.credentials();
    await expect(login.credentials()).rejects.toMatchObject({ transient: true });
  });
});

describe("requests", () => {
  const job = { metadata: { name: "a" } };

  test("carry the program's token; one that is refused is replaced once", async () => {
    const server = await serve(({ headers }, response) => {
      if (headers.authorization === "Bearer token-1") answerWith(response, 200, job);
      else answerWith(response, 401, { message: "Unauthorized" });
    });
    const cluster = connect(kubeconfig(server.url, { exec: program("give({ token: `token-${n}` });") }));
    closing.push(server.close, () => cluster.close());
    expect(await cluster.get("jobs", "batch", "a")).toEqual(job);
    expect(await cluster.get("jobs", "batch", "a")).toEqual(job);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-0", "Bearer token-1", "Bearer token-1"]);
  });

  test("that are refused with new credentials too fail", async () => {
    const server = await serve((_, response) => answerWith(response, 401, { message: "Unauthorized" }));
    const cluster = connect(kubeconfig(server.url, { exec: program("give({ token: `token-${n}` });") }));
    closing.push(server.close, () => cluster.close());
    await expect(cluster.get("jobs", "batch", "a")).rejects.toThrow("the API server does not accept the kubeconfig's credentials (401)");
    expect(runs()).toBe(2);
  });

  test("carry the program's client certificate", async () => {
    const tls = await selfSigned();
    const server = createServer({ ...tls, ca: tls.cert, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      answerWith(response, 200, { metadata: { name: (request.socket as TLSSocket).getPeerCertificate().subject.CN } });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const authority = { "certificate-authority-data": Buffer.from(tls.cert).toString("base64") };
    const exec = program(`give({ clientCertificateData: ${JSON.stringify(tls.cert)}, clientKeyData: ${JSON.stringify(tls.key)} });`);
    const cluster = connect(kubeconfig(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { exec }, authority));
    closing.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => server.closeAllConnections(),
      () => cluster.close(),
    );
    expect(await cluster.get("jobs", "batch", "a")).toMatchObject({ metadata: { name: "test" } });
  });
});
