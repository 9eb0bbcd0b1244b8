import { maxPods } from "../../../common/reserved";
import { evictionDisk, evictionMemory, type Resources } from "./capacity";

/** Everything about a real node that its configuration follows from. */
export interface NodeSetup {
  /** Short folder inside the sandbox that shows the node's folder on disk: Unix sockets have paths of at most 107 characters. */
  readonly disk: string;
  /** Short folder inside the sandbox, in memory, for what must not survive a restart of the sandbox. */
  readonly state: string;
  readonly address: string;
  readonly podRange: string;
  readonly dnsService: string;
  readonly controlPlane: string;
  readonly clientCa: string;
  /** The node's cgroup as kubelet and runc name it, e.g. "/ovh-mks-batch-1a2b3c4d/nodes/1". */
  readonly cgroup: string;
  readonly reserved: Resources;
  readonly pauseImage: string;
  readonly cniPlugins: string;
  /** Address of the local cloud's private registry, e.g. 10.250.0.1:18082; it may be started later, or never. */
  readonly registry: string;
}

/** Where the kubelet keeps its pods' volumes. What it takes for the node's disk is the file system there. */
export const kubeletRoot = (setup: Pick<NodeSetup, "disk">): string => `${setup.disk}/kubelet`;

export const containerdSocket = (setup: Pick<NodeSetup, "state">): string => `${setup.state}/containerd.sock`;

export function containerdConfig(setup: NodeSetup): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(`${setup.disk}/containerd`)}
state = ${text(`${setup.state}/containerd`)}
oom_score = 0
# What no node here uses only makes the start longer.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.native", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]

[grpc]
  address = ${text(containerdSocket(setup))}
[ttrpc]
  address = ${text(`${containerdSocket(setup)}.ttrpc`)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(setup.pauseImage)}
  # Without CAP_SYS_RESOURCE no score below one's own can be given, and runc would fail.
  restrict_oom_score_adj = true
  disable_tcp_service = true
  # Removed together with the node's state, and with them its pods' network interfaces.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${text(`${setup.disk}/registries`)}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(setup.cniPlugins)}
    conf_dir = ${text(`${setup.disk}/cni`)}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** How containerd reaches the registry, in the file `registries/<registry>/hosts.toml`: by plain HTTP. */
export const registryConfig = ({ registry }: Pick<NodeSetup, "registry">): string => `[host."http://${registry}"]\n`;

/**
 * One routed link for each pod. With a bridge, two pods on a node would answer each other past the address translation
 * of Services, unless the machine had the br_netfilter module.
 */
export function cniConfig(setup: NodeSetup): object {
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: `${setup.state}/ipam`,
          ranges: [[{ subnet: setup.podRange }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

export function kubeletConfig(setup: NodeSetup): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: setup.clientCa } },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${setup.disk}/serving.crt`,
    tlsPrivateKeyFile: `${setup.disk}/serving.key`,
    address: setup.address,
    port: 10250,
    readOnlyPort: 0,
    healthzPort: 0,
    containerRuntimeEndpoint: `unix://${containerdSocket(setup)}`,
    podLogsDir: `${setup.disk}/pod-logs`,
    volumePluginDir: `${setup.disk}/volume-plugins`,
    resolvConf: `${setup.disk}/resolv.conf`,
    clusterDNS: [setup.dnsService],
    clusterDomain: "cluster.local",
    cgroupDriver: "cgroupfs",
    cgroupRoot: setup.cgroup,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ["pods"],
    // Kubernetes 1.35 and later would refuse these; both are the machine's own affair.
    failCgroupV1: false,
    failSwapOn: false,
    kubeReserved: { cpu: `${setup.reserved.cpu}m`, memory: `${setup.reserved.memory}Mi`, "ephemeral-storage": String(setup.reserved.disk) },
    evictionHard: { "memory.available": `${evictionMemory}Mi`, "nodefs.available": String(evictionDisk), "imagefs.available": "1Gi" },
    // Images are links to files that all nodes share, and could not be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    maxPods,
    oomScoreAdj: 0,
    shutdownGracePeriod: "0s",
    logging: { verbosity: 1 },
  };
}

/** What pods with `dnsPolicy: Default` get, the cluster's DNS among them. */
export function resolvConf(setup: NodeSetup): string {
  return `nameserver ${setup.controlPlane}\n`;
}

export function kubeletFlags(setup: Pick<NodeSetup, "disk" | "address">, nodeName: string): string[] {
  return [
    `--config=${setup.disk}/kubelet.json`,
    `--kubeconfig=${setup.disk}/kubelet.kubeconfig`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${setup.address}`,
    `--root-dir=${kubeletRoot(setup)}`,
    `--cert-dir=${setup.disk}/kubelet-pki`,
  ];
}
