import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../sandbox";
import { writeAtomically } from "../../lib/files";
import { kubeconfig } from "./kubeconfig";
import { Authority, type PemFiles, pemFiles, type Subject, serviceAccountKeys } from "./pki";

export const apiPort = 6443;

/** Clients of the API server with an identity of their own, and what Kubernetes knows them as. */
const clients = {
  operator: { commonName: "ovh-mks-batch:operator", organizations: ["system:masters"] },
  "kube-controller-manager": { commonName: "system:kube-controller-manager" },
  "kube-scheduler": { commonName: "system:kube-scheduler" },
  "kube-proxy": { commonName: "system:kube-proxy" },
  kwok: { commonName: "ovh-mks-batch:kwok" },
} satisfies Record<string, Subject>;

export type Client = keyof typeof clients;

/** Whose the kubeconfig is that the API gives out. */
export const adminUser = "kubernetes-admin";

/** Keys, certificates and kubeconfigs of a cluster. */
export interface Identities {
  readonly server: string;
  readonly ca: Authority;
  readonly frontProxyCa: Authority;
  readonly serviceAccount: Awaited<ReturnType<typeof serviceAccountKeys>>;
  readonly apiServer: PemFiles;
  /** With which the API server calls kubelets; it may do that only. */
  readonly kubeletClient: PemFiles;
  /** With which the API server calls aggregated API servers. */
  readonly frontProxyClient: PemFiles;
  /** PEM file of the authorities whose clients the API server lets in. */
  readonly clientCas: string;
  /** Of the local cloud itself. */
  readonly operator: PemFiles;
  /** Of the kubeconfig that the API gives out, from an authority of its own. */
  readonly admin: PemFiles;
  /** Makes `admin` anew; the old one is not let in any more as soon as the API server has read `clientCas` again. */
  resetAdmin(): Promise<void>;
  /** Kubeconfig file of a client. */
  kubeconfigFile(client: Client): string;
  /** Puts into a node's folder `kubelet.kubeconfig` and the kubelet's serving certificate, `serving.crt` and `serving.key`. */
  issueNode(name: string, address: string, folder: string): Promise<void>;
}

const adminAuthority = "admin-ca";

/** Who the API server is for its kubelets; bound to `system:kubelet-api-admin`. */
export const kubeletClientUser = "kube-apiserver-kubelet-client";

/** Who may say on whose behalf a request to an aggregated API server is made. */
export const frontProxyUser = "front-proxy-client";

/** Finds or makes the identities of the cluster in `folder`. */
export async function openIdentities(folder: string, addresses: Sandbox["addresses"]): Promise<Identities> {
  const server = `https://${addresses.controlPlane}:${apiPort}`;
  const [ca, frontProxyCa] = await Promise.all([Authority.open(folder, "ca"), Authority.open(folder, "front-proxy-ca")]);
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"];
  const [serviceAccount, apiServer, kubeletClient, frontProxyClient, ...issued] = await Promise.all([
    serviceAccountKeys(folder),
    ca.issue("kube-apiserver", {
      commonName: "kube-apiserver",
      server: { dns: names, ip: ["127.0.0.1", addresses.controlPlane, addresses.kubernetesService] },
    }),
    ca.issue("kubelet-client", { commonName: kubeletClientUser }),
    frontProxyCa.issue("front-proxy-client", { commonName: frontProxyUser }),
    ...Object.entries(clients).map(async ([name, subject]) => [name, await ca.issue(name, subject)] as const),
  ]);
  const clientCas = join(folder, "client-cas.crt");
  const admin = pemFiles(folder, "admin");
  const issueAdmin = async (): Promise<void> => {
    const adminCa = await Authority.open(folder, adminAuthority);
    await adminCa.issue("admin", { commonName: adminUser, organizations: ["system:masters"] });
    writeAtomically(clientCas, [ca.cert, adminCa.cert].map((file) => readFileSync(file, "utf8")).join(""));
  };
  await issueAdmin();
  const write = (file: string, user: string, pem: PemFiles): void => writeAtomically(file, kubeconfig(server, ca.cert, user, pem));
  const kubeconfigFile = (client: Client): string => join(folder, `${client}.kubeconfig`);
  const pems = new Map<string, PemFiles>(issued);
  for (const [name, pem] of pems) write(kubeconfigFile(name as Client), clients[name as Client].commonName, pem);
  return {
    server,
    ca,
    frontProxyCa,
    serviceAccount,
    apiServer,
    kubeletClient,
    frontProxyClient,
    clientCas,
    operator: pems.get("operator") as PemFiles,
    admin,
    async resetAdmin() {
      const { cert, key } = pemFiles(folder, adminAuthority);
      for (const file of [cert, key]) rmSync(file, { force: true });
      await issueAdmin();
    },
    kubeconfigFile,
    async issueNode(name, address, nodeFolder) {
      const user = { commonName: `system:node:${name}`, organizations: ["system:nodes"] };
      const [client] = await Promise.all([
        ca.issue("client", user, nodeFolder),
        ca.issue("serving", { ...user, server: { dns: [name], ip: [address] } }, nodeFolder),
      ]);
      write(join(nodeFolder, "kubelet.kubeconfig"), user.commonName, client);
    },
  };
}
