import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { openIdentities } from "../../../../local/cluster/control-plane/identities";
import { Authority, serviceAccountKeys } from "../../../../local/cluster/control-plane/pki";
import { addresses } from "../../../../local/sandbox/addresses";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "pki-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(file, "utf8");
const certificate = (file: string): X509Certificate => new X509Certificate(read(file));
const own = addresses({ nodeCidr: "10.250.0.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" });

describe("certificates", () => {
  test("say who they are for, are signed by their authority and are made only once", async () => {
    const ca = await Authority.open(folder, "ca");
    const files = await ca.issue("node", { commonName: "system:node:a", organizations: ["system:nodes"] });
    const issued = certificate(files.cert);
    expect(issued.subject.split("\n")).toEqual(["O=system:nodes", "CN=system:node:a"]);
    expect(issued.verify(certificate(ca.cert).publicKey)).toBe(true);
    expect(issued.checkIssued(certificate(ca.cert))).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(statSync(files.key).mode & 0o777).toBe(0o600);

    const again = await (await Authority.open(folder, "ca")).issue("node", { commonName: "system:node:a" });
    expect(certificate(again.cert).serialNumber).toBe(issued.serialNumber);
  });

  test("of another authority, or left without a key by a crash, are replaced", async () => {
    const ca = await Authority.open(folder, "ca");
    const other = await Authority.open(join(folder, "other"), "ca");
    const foreign = await other.issue("a", { commonName: "a" }, folder);
    const before = certificate(foreign.cert).serialNumber;
    const files = await ca.issue("a", { commonName: "a" });
    expect(certificate(files.cert).serialNumber).not.toBe(before);
    expect(certificate(files.cert).verify(certificate(ca.cert).publicKey)).toBe(true);
    rmSync(files.key);
    const mended = await ca.issue("a", { commonName: "a" });
    expect(certificate(mended.cert).checkPrivateKey((await import("node:crypto")).createPrivateKey(read(mended.key)))).toBe(true);
  });

  test("service account keys are a pair and stay the same", async () => {
    const { publicKey, privateKey } = await serviceAccountKeys(folder);
    const { createPrivateKey, createPublicKey } = await import("node:crypto");
    const derived = createPublicKey(createPrivateKey(read(privateKey))).export({ type: "spki", format: "pem" });
    expect(read(publicKey).trim()).toBe(derived.toString().trim());
    const before = read(privateKey);
    await serviceAccountKeys(folder);
    expect(read(privateKey)).toBe(before);
  });
});

describe("the identities of a cluster", () => {
  test("give system:masters to the administrator only, and each part its own user", async () => {
    const identities = await openIdentities(folder, own);
    expect(certificate(identities.admin.cert).subject).toContain("O=system:masters");
    expect(certificate(identities.kubeletClient.cert).subject).toBe("CN=kube-apiserver-kubelet-client");
    for (const name of ["kube-controller-manager", "kube-scheduler", "kube-proxy", "kwok"] as const) {
      const config = parse(read(identities.kubeconfigFile(name))) as {
        users: { user: Record<string, string> }[];
        clusters: { cluster: { server: string } }[];
      };
      const pem = Buffer.from(config.users[0]!.user["client-certificate-data"]!, "base64");
      expect(new X509Certificate(pem).subject).not.toContain("system:masters");
      expect(config.clusters[0]!.cluster.server).toBe("https://10.250.0.2:6443");
    }
    expect(certificate(identities.frontProxyClient.cert).verify(certificate(identities.ca.cert).publicKey)).toBe(false);
    expect(certificate(identities.apiServer.cert).checkIP("10.250.0.2")).toBe("10.250.0.2");
    expect(certificate(identities.apiServer.cert).checkIP("10.96.0.1")).toBe("10.96.0.1");
    expect(certificate(identities.apiServer.cert).checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
  });

  test("have a kubeconfig whose reset keeps its old holder out, and nobody else", async () => {
    const identities = await openIdentities(folder, own);
    const isLetIn = (pem: string): boolean =>
      read(identities.clientCas)
        .split(/(?=-----BEGIN)/)
        .some((authority) => new X509Certificate(pem).verify(new X509Certificate(authority).publicKey));
    const [before, operator] = [read(identities.admin.cert), read(identities.operator.cert)];
    expect([isLetIn(before), isLetIn(operator)]).toEqual([true, true]);
    await identities.resetAdmin();
    expect(new X509Certificate(read(identities.admin.cert)).subject).toContain("CN=kubernetes-admin");
    expect([isLetIn(before), isLetIn(read(identities.admin.cert)), isLetIn(operator)]).toEqual([false, true, true]);
    // The next start of the daemon changes nothing.
    const after = read(identities.admin.cert);
    expect(read((await openIdentities(folder, own)).admin.cert)).toBe(after);
  });

  test("give a node a client of the nodes' group and a server certificate for its address", async () => {
    const identities = await openIdentities(folder, own);
    const home = mkdtempSync(join(folder, "node-"));
    await identities.issueNode("n-1", "10.250.0.11", home);
    expect(certificate(join(home, "client.crt")).subject.split("\n")).toEqual(["O=system:nodes", "CN=system:node:n-1"]);
    expect(certificate(join(home, "serving.crt")).checkIP("10.250.0.11")).toBe("10.250.0.11");
    expect(parse(read(join(home, "kubelet.kubeconfig")))).toMatchObject({ users: [{ name: "system:node:n-1" }] });
  });
});
