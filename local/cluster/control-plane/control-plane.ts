/**
 * etcd, the API server and the controllers as supervised processes, with their certificates and kubeconfigs.
 * Imports nothing of the other folders of local/cluster.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../sandbox";
import { waitUntil } from "../../lib/wait";
import type { Settings } from "../../lib/settings";
import { etcd, etcdUrl } from "./etcd";
import { type Identities, apiPort, frontProxyUser } from "./identities";
import type { KubeApi } from "../api/kube-api";
import type { Service, Supervisor } from "./supervisor";

/** Cgroup of everything that is not a node's. */
export const cgroup = "control-plane";

/** Path of a tool's executable. @throws when it is not among the tools */
export type ToolPath = (name: string) => string;

/** Milliseconds for the API server to become ready. Two cores that build something else meanwhile make it slow. */
const readyTimeout = 120_000;

export interface ControlPlaneParts {
  readonly sandbox: Sandbox;
  readonly supervisor: Supervisor;
  readonly settings: Settings;
  readonly tool: ToolPath;
  readonly identities: Identities;
  readonly api: KubeApi;
  /** Folder of the cluster's data. */
  readonly folder: string;
  /** Most bytes of etcd's file. */
  readonly etcdBytes: number;
  readonly abort: AbortSignal;
}

/** Starts (or adopts) etcd and the API server, resolves when that is ready, and starts the controllers, the scheduler and the nodes' name server. */
export async function startControlPlane(parts: ControlPlaneParts): Promise<void> {
  const { supervisor, api, abort, sandbox, tool, folder, etcdBytes } = parts;
  await supervisor.add(etcd({ sandbox, binary: tool("etcd"), folder, quota: etcdBytes, cgroup }));
  await supervisor.add(apiServer(parts));
  // The others would only compete for the processor and then wait: the API server needs a few seconds.
  if (!(await waitUntil(() => api.isReady(), readyTimeout, 50, abort))) {
    throw new Error(`The API server was not ready within ${readyTimeout / 1000} s: see ${parts.sandbox.logFile("kube-apiserver")}`);
  }
  await Promise.all([controllerManager(parts), scheduler(parts), resolver(parts)].map((one) => supervisor.add(one)));
}

const service = (name: string, argv: readonly string[]): Service => ({ name, command: () => argv, options: { cgroup } });

function apiServer({ tool, identities, settings, sandbox }: ControlPlaneParts): Service {
  const { apiServer: serving, kubeletClient, frontProxyClient, serviceAccount, ca, frontProxyCa } = identities;
  return service("kube-apiserver", [
    tool("kube-apiserver"),
    `--advertise-address=${sandbox.addresses.controlPlane}`,
    `--secure-port=${apiPort}`,
    `--etcd-servers=${etcdUrl}`,
    `--service-cluster-ip-range=${settings.serviceCidr}`,
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--client-ca-file=${identities.clientCas}`,
    `--tls-cert-file=${serving.cert}`,
    `--tls-private-key-file=${serving.key}`,
    `--kubelet-certificate-authority=${ca.cert}`,
    `--kubelet-client-certificate=${kubeletClient.cert}`,
    `--kubelet-client-key=${kubeletClient.key}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${serviceAccount.privateKey}`,
    `--requestheader-client-ca-file=${frontProxyCa.cert}`,
    `--requestheader-allowed-names=${frontProxyUser}`,
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${frontProxyClient.cert}`,
    `--proxy-client-key-file=${frontProxyClient.key}`,
    "--enable-aggregator-routing=true",
    // etcd 3.4 cannot tell the progress of a watch, which this way of listing needs: clients would try it in vain, again and again.
    "--feature-gates=WatchList=false",
    "--profiling=false",
  ]);
}

function controllerManager({ tool, identities }: ControlPlaneParts): Service {
  return service("kube-controller-manager", [
    tool("kube-controller-manager"),
    `--kubeconfig=${identities.kubeconfigFile("kube-controller-manager")}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--root-ca-file=${identities.ca.cert}`,
    `--service-account-private-key-file=${identities.serviceAccount.privateKey}`,
    `--cluster-signing-cert-file=${identities.ca.cert}`,
    `--cluster-signing-key-file=${identities.ca.key}`,
    // The local cloud itself gives each node its range, together with its address.
    "--allocate-node-cidrs=false",
    // A node that is looked at while it boots gets a taint, which goes at the next look: by default 5 s later.
    "--node-monitor-period=1s",
    // With the default of 20 requests a second, its controllers take 4 s to start and no node is Ready before.
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--profiling=false",
  ]);
}

function scheduler({ tool, identities }: ControlPlaneParts): Service {
  return service("kube-scheduler", [
    tool("kube-scheduler"),
    `--kubeconfig=${identities.kubeconfigFile("kube-scheduler")}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    // With the default of 50 requests a second, 10,000 pods take more than 3 min to get their nodes.
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--profiling=false",
  ]);
}

/**
 * Plays the name server that OVHcloud gives its instances, which knows no name of a cluster. Here it knows none at all: pods reach nothing outside
 * the machine anyway.
 */
function resolver({ tool, folder, sandbox }: ControlPlaneParts): Service {
  const corefile = join(folder, "Corefile");
  writeFileSync(
    corefile,
    `. {
  bind ${sandbox.addresses.controlPlane}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`,
  );
  return service("resolver", [tool("coredns"), `-conf=${corefile}`, "-dns.port=53"]);
}

/**
 * kube-proxy, one for all nodes, since they share a network namespace. It wants to be on a node and waits half a minute
 * for one that does not exist, so it starts together with the first node and takes that one's name.
 */
export function kubeProxy({ tool, identities, settings, folder }: ControlPlaneParts, nodeName: () => string): Service {
  const config = join(folder, "kube-proxy.json");
  return {
    name: "kube-proxy",
    options: { cgroup },
    command: () => {
      mkdirSync(folder, { recursive: true });
      const content = {
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        mode: "iptables",
        clusterCIDR: settings.podCidr,
        clientConnection: { kubeconfig: identities.kubeconfigFile("kube-proxy") },
        hostnameOverride: nodeName(),
        metricsBindAddress: "127.0.0.1:10249",
        healthzBindAddress: "127.0.0.1:10256",
        // These limits are the machine's, not the namespace's.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
        oomScoreAdj: 0,
      };
      writeFileSync(config, JSON.stringify(content, null, 2));
      return [tool("kube-proxy"), `--config=${config}`];
    },
  };
}
