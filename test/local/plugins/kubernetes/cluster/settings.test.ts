import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from "../../../../../local/plugins/kubernetes/cluster/settings";
import { kubernetesProvider } from "../../../../../local/plugins/kubernetes/provider";
import { replaces } from "../../../../../local/plugins/protocol/diff";
import { unknown } from "../../../../../local/plugins/protocol/values";
import { removeTemporaryFolders, temporaryFolder } from "../../helpers";

afterEach(removeTemporaryFolders);

const kubeconfig = (server: string, user: object = { token: "t" }) => `
current-context: a
contexts:
  - {name: a, context: {cluster: c, user: u, namespace: ns}}
  - {name: b, context: {cluster: d, user: u}}
clusters:
  - {name: c, cluster: {server: "${server}", certificate-authority-data: Y2E=}}
  - {name: d, cluster: {server: "https://d", insecure-skip-tls-verify: true}}
users:
  - {name: u, user: ${JSON.stringify(user)}}
`;

describe("kubeconfig", () => {
  test("is read from text or from a file, with the context that is asked for", async () => {
    expect(await read(kubeconfig("https://c/"))).toMatchObject({
      server: "https://c",
      token: "t",
      namespace: "ns",
      ca: "ca",
      insecure: false,
    });
    const folder = temporaryFolder();
    writeFileSync(join(folder, "key.pem"), "key");
    writeFileSync(join(folder, "config"), kubeconfig("https://c", { "client-key": "key.pem", "client-certificate-data": "Y2VydA==" }));
    const access = await read(join(folder, "config"), { context: "b" });
    expect(access).toMatchObject({
      server: "https://d",
      key: "key",
      cert: "cert",
      insecure: true,
      namespace: undefined,
    });
  });

  test.each([
    ["/nowhere/config", {}, "/nowhere/config cannot be read"],
    ["a: [\n", {}, "is not YAML"],
    [kubeconfig("https://c"), { context: "z" }, "there is no context 'z'"],
    [kubeconfig("https://c"), { cluster: "z" }, "names a cluster or a user that is not there"],
    [kubeconfig("https://c", { "auth-provider": { name: "x" } }), {}, "auth-provider is not supported"],
    [kubeconfig("https://c", { exec: { command: "x" } }), {}, "exec.apiVersion"],
  ])("is refused: %#", async (text, choice, message) => {
    await expect(read(text, choice)).rejects.toThrow(message);
  });

  test("that is broken is not shown in the error", async () => {
    const error = await read("token: very-secret: [\n").catch((reason: Error) => reason.message);
    expect(error).toBe("kubeconfig: is not YAML");
  });
});

describe("provider settings", () => {
  const provider = kubernetesProvider("1.0.0");

  test("faults are told under no property, as the engine would print the kubeconfig", async () => {
    const { failures } = await provider.checkConfig({ kubeconfig: "{}\n", enableServerSideApply: "false", foo: "x" }, {});
    expect(failures.map(({ property }) => property)).toEqual(["foo", "enableServerSideApply", ""]);
  });

  test("settings that were good the last time are not looked at again", async () => {
    const settings = { kubeconfig: "/gone/since" };
    expect((await provider.checkConfig(settings, {})).failures).toHaveLength(1);
    expect((await provider.checkConfig(settings, settings)).failures).toEqual([]);
  });

  test("a kubeconfig that is not known yet passes", async () => {
    expect((await provider.checkConfig({ kubeconfig: unknown, clusterIdentifier: unknown }, {})).failures).toEqual([]);
  });

  test.each([
    [
      "the same cluster by its identifier, with new credentials",
      { clusterIdentifier: "1", kubeconfig: kubeconfig("https://c") },
      { clusterIdentifier: "1", kubeconfig: kubeconfig("https://other") },
      false,
    ],
    ["another identifier", { clusterIdentifier: "1", kubeconfig: "a" }, { clusterIdentifier: "2", kubeconfig: "a" }, true],
    [
      "an identifier that is not known yet",
      { clusterIdentifier: "1", kubeconfig: "a" },
      { clusterIdentifier: unknown, kubeconfig: unknown },
      false,
    ],
    ["another server", { kubeconfig: kubeconfig("https://c") }, { kubeconfig: kubeconfig("https://other") }, true],
    ["the same server", { kubeconfig: kubeconfig("https://c") }, { kubeconfig: kubeconfig("https://c", { token: "new" }) }, false],
  ])("%s", async (_, olds, news, expected) => {
    expect(replaces(await provider.diffConfig(olds, news))).toBe(expected);
  });
});
