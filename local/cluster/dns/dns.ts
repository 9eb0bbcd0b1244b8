/**
 * The cluster's DNS as OVHcloud has it: a Deployment `coredns` in kube-system whose pods run on any node that keeps none away, and whose number
 * grows with the nodes. The pods are all that answers the Service: without a node there is no DNS.
 * Imports `control-plane/` and `nodes/`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { unless } from "../../../kubernetes/cluster";
import { type KubeApi, type KubeObject } from "../api/kube-api";
import { bind, clusterRole, type Manifest, systemObject } from "../control-plane/manifests";
import { simulatedLabel } from "../nodes/node-object";

const name = "coredns";
/** What the Service and its pods have carried since Kubernetes' first DNS. */
const app = { "k8s-app": "kube-dns" };
const ports = [
  { name: "dns", port: 53, protocol: "UDP" },
  { name: "dns-tcp", port: 53, protocol: "TCP" },
];
/** Its program is not root's, and so has none of the first 1,024. */
const port = 1053;
const healthPort = 8080;
const readyPort = 8181;

const corefile = `.:${port} {
  errors
  health :${healthPort} {
    lameduck 5s
  }
  ready :${readyPort}
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 30
  }
  prometheus :9153
  forward . /etc/resolv.conf
  cache 30
  loop
  reload
  loadbalance
}
`;

/** @param image of CoreDNS, on every node @param address of the Service */
export function dnsManifests(image: string, address: string): Manifest[] {
  const role = `system:${name}`;
  return [
    systemObject("/api/v1", "serviceaccounts", "ServiceAccount", name, {}),
    clusterRole(role, [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
    bind({ account: name }, role),
    systemObject("/api/v1", "configmaps", "ConfigMap", name, { data: { Corefile: corefile } }),
    systemObject(
      "/api/v1",
      "services",
      "Service",
      "kube-dns",
      { spec: { clusterIP: address, selector: app, ports: ports.map((one) => ({ ...one, targetPort: one.name })) } },
      { ...app, "kubernetes.io/name": "CoreDNS" },
    ),
    // Without `replicas`, which are the scaler's.
    systemObject("/apis/apps/v1", "deployments", "Deployment", name, { spec: { ...deployment(image) } }, app),
  ];
}

const deployment = (image: string): object => ({
  strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
  selector: { matchLabels: app },
  template: { metadata: { labels: app }, spec: podSpec(image) },
});

const podSpec = (image: string): object => ({
  serviceAccountName: name,
  priorityClassName: "system-cluster-critical",
  tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
  nodeSelector: { "kubernetes.io/os": "linux" },
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { labelSelector: { matchLabels: app }, topologyKey: "kubernetes.io/hostname" } },
      ],
    },
    // On a simulated node it would seem to run, and answer nobody.
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: simulatedLabel, operator: "DoesNotExist" }] }],
      },
    },
  },
  dnsPolicy: "Default",
  containers: [
    {
      name,
      image,
      imagePullPolicy: "IfNotPresent",
      args: ["-conf", "/etc/coredns/Corefile"],
      resources: { requests: { cpu: "100m", memory: "70Mi" }, limits: { memory: "170Mi" } },
      ports: ports.map(({ name, protocol }) => ({ name, protocol, containerPort: port })),
      livenessProbe: { httpGet: { path: "/health", port: healthPort }, initialDelaySeconds: 60, timeoutSeconds: 5, failureThreshold: 5 },
      // With the usual 10 s a new cluster is without DNS for as long.
      readinessProbe: { httpGet: { path: "/ready", port: readyPort }, periodSeconds: 1, timeoutSeconds: 5 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
      volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
    },
  ],
  volumes: [{ name: "config", configMap: { name, items: [{ key: "Corefile", path: "Corefile" }] } }],
});

/** What the cluster-proportional-autoscaler's linear mode takes of its ConfigMap, as far as it is emulated. */
const linear = z.object({
  nodesPerReplica: z.number().positive(),
  min: z.number().int().min(1).default(1),
  max: z.number().int().min(1).optional(),
});

type Linear = z.infer<typeof linear>;

const usual: Linear = { nodesPerReplica: 16, min: 2 };

/** How many pods the DNS of a cluster with so many nodes has. */
export function dnsReplicas(nodes: number, { nodesPerReplica, min, max = Infinity }: Linear): number {
  return Math.min(max, Math.max(min, Math.ceil(nodes / nodesPerReplica)));
}

/** Milliseconds between two looks, as the cluster-proportional-autoscaler's. */
const interval = 10_000;

const configMap = "/api/v1/namespaces/kube-system/configmaps";
const scaler = "kube-dns-autoscaler";
const scalePath = `/apis/apps/v1/namespaces/kube-system/deployments/${name}/scale`;

/**
 * Keeps the number of the DNS's pods at what the ConfigMap `kube-dns-autoscaler` says for the number of nodes, until `abort`. A ConfigMap that is
 * missing is made; one that cannot be read changes nothing.
 */
export async function scaleDns(
  api: Pick<KubeApi, "find" | "get" | "create" | "patch">,
  say: (text: string) => void,
  abort: AbortSignal,
): Promise<void> {
  for (let said = ""; !abort.aborted; await sleep(interval, undefined, { signal: abort }).catch(() => undefined)) {
    try {
      await step(api);
      said = "";
    } catch (error) {
      const text = `the cluster's DNS could not be scaled: ${error instanceof Error ? error.message : String(error)}`;
      if (text !== said && !abort.aborted) say((said = text));
    }
  }
}

async function step(api: Pick<KubeApi, "find" | "get" | "create" | "patch">): Promise<void> {
  const [parameters, nodes, scale] = await Promise.all([parametersOf(api), countNodes(api), api.find<Scale>(scalePath)]);
  const replicas = dnsReplicas(nodes, parameters);
  if (scale && scale.spec.replicas !== replicas) await api.patch(scalePath, { spec: { replicas } });
}

interface Scale extends KubeObject {
  readonly spec: { readonly replicas?: number };
}

/** @throws for a ConfigMap that is not valid */
async function parametersOf(api: Pick<KubeApi, "find" | "create">): Promise<Linear> {
  const found = await api.find<KubeObject & { data?: { linear?: string } }>(`${configMap}/${scaler}`);
  if (!found) {
    const { body } = systemObject("/api/v1", "configmaps", "ConfigMap", scaler, { data: { linear: JSON.stringify(usual) } });
    await unless([409], api.create(configMap, body));
    return usual;
  }
  return linear.parse(JSON.parse(found.data?.linear ?? "{}"));
}

/** All nodes, also those that take no pods. */
async function countNodes(api: Pick<KubeApi, "get">): Promise<number> {
  const { items, metadata } = await api.get<{ items: unknown[]; metadata: { remainingItemCount?: number } }>("/api/v1/nodes?limit=1");
  return items.length + (metadata.remainingItemCount ?? 0);
}
