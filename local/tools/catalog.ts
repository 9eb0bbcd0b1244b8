import type { Tolerance } from "./version";

/** A group of tools that are released and built together. Its Go module is in `local/tools/go/<family>`; that of this project's own program is in `karpenter/`. */
export interface Family {
  /** The pinned version: the one of the family's go.mod and of its entry in releases.ts. */
  readonly version: string;
  readonly tolerance: Tolerance;
  /**
   * Tool → the Go package that it is built from, and the arguments that make it report its version. One that reports none, or not that of its
   * module, has no such arguments: it is never taken from PATH. Tools that share the package "." are one program, and the name by which it
   * is called decides which tool it is.
   */
  readonly tools: Readonly<Record<string, { readonly package: string; readonly versionArgs?: readonly string[] }>>;
  /** Variables that the linker sets, so that a built tool reports the same version as a released one. */
  readonly variables: readonly string[];
  /**
   * Patterns of packages that are compiled without inlining, which halves the time for them: generated clients and readers of whole API
   * descriptions, hundreds of thousands of lines of which these tools run little. What runs often is not among them.
   */
  readonly notInlined?: readonly string[];
}

/** Clients of AWS that Pulumi and versitygw share: the same flags, so that Go's build cache serves them twice. */
const awsClients = "github.com/aws/aws-sdk-go-v2/service/...";

/** Clients of the services whose queues KEDA can count: all are linked, few run in one cluster. */
const kedaClients = [
  awsClients,
  "cloud.google.com/go/...",
  "github.com/Azure/azure-sdk-for-go/...",
  "github.com/DataDog/datadog-api-client-go/...",
  "github.com/apache/arrow-go/...",
  "github.com/elastic/go-elasticsearch/...",
  "github.com/envoyproxy/go-control-plane/...",
  "github.com/google/gnostic-models/...",
  "github.com/google/go-github/...",
  "github.com/microsoft/go-mssqldb/...",
  "github.com/newrelic/newrelic-client-go/...",
  "github.com/opensearch-project/opensearch-go/...",
  "github.com/solarwinds/swo-sdk-go/...",
  "go.temporal.io/...",
  "google.golang.org/api/...",
  "k8s.io/client-go/applyconfigurations/...",
  "k8s.io/client-go/informers/...",
  "k8s.io/client-go/kubernetes/...",
];

const keda = { version: "2.21.0", variables: ["github.com/kedacore/keda/v2/version.Version=2.21.0"] } as const;

/** What runs all the time is one program: see its main.go. */
const kubernetes = { package: ".", versionArgs: ["--version"] } as const;

/** In the order in which they are built. */
export const families = {
  versitygw: {
    version: "1.8.0",
    tolerance: "minor",
    tools: { versitygw: { package: "github.com/versity/versitygw/cmd/versitygw", versionArgs: ["--version"] } },
    variables: ["main.Version=v1.8.0"],
    notInlined: [awsClients],
  },
  kubernetes: {
    version: "1.34.3",
    tolerance: "minor",
    tools: {
      "kube-apiserver": kubernetes,
      "kube-controller-manager": kubernetes,
      "kube-scheduler": kubernetes,
      "kube-proxy": kubernetes,
      kubelet: kubernetes,
      kubectl: { package: "k8s.io/kubernetes/cmd/kubectl", versionArgs: ["version", "--client"] },
    },
    variables: [
      "k8s.io/component-base/version.gitVersion=v1.34.3",
      "k8s.io/component-base/version.gitMajor=1",
      "k8s.io/component-base/version.gitMinor=34",
      "k8s.io/client-go/pkg/version.gitVersion=v1.34.3",
    ],
    notInlined: [
      "github.com/google/gnostic-models/...",
      "k8s.io/apiextensions-apiserver/pkg/client/...",
      "k8s.io/apiextensions-apiserver/pkg/generated/...",
      "k8s.io/client-go/applyconfigurations/...",
      "k8s.io/client-go/informers/...",
      "k8s.io/client-go/kubernetes/...",
      "k8s.io/kubectl/pkg/...",
      "k8s.io/kubernetes/pkg/generated/...",
      "sigs.k8s.io/kustomize/...",
    ],
  },
  pulumi: {
    version: "3.255.0",
    // The CLI stays compatible with its SDKs and with older state within a major version.
    tolerance: "major",
    tools: { pulumi: { package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", versionArgs: ["version"] } },
    variables: ["github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.255.0"],
    notInlined: [
      awsClients,
      "cloud.google.com/go/...",
      "github.com/alecthomas/chroma/...",
      "github.com/envoyproxy/go-control-plane/...",
      "github.com/pb33f/libopenapi/...",
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cloud",
      "go.opentelemetry.io/collector/pdata/...",
      "google.golang.org/api/...",
    ],
  },
  coredns: {
    version: "1.14.2",
    tolerance: "minor",
    tools: { coredns: { package: ".", versionArgs: ["-version"] } },
    variables: [],
  },
  kwok: {
    version: "0.8.0",
    tolerance: "minor",
    tools: { kwok: { package: "sigs.k8s.io/kwok/cmd/kwok", versionArgs: ["--version"] } },
    variables: [],
  },
  registry: {
    version: "3.1.2",
    tolerance: "major",
    tools: { registry: { package: ".", versionArgs: ["--version"] } },
    variables: ["github.com/distribution/distribution/v3/version.version=v3.1.2"],
  },
  "metrics-server": {
    version: "0.9.0",
    tolerance: "minor",
    tools: { "metrics-server": { package: "sigs.k8s.io/metrics-server/cmd/metrics-server", versionArgs: ["--version"] } },
    variables: ["k8s.io/client-go/pkg/version.gitVersion=v0.9.0"],
  },
  "prometheus-adapter": {
    version: "0.12.0",
    tolerance: "minor",
    tools: { adapter: { package: "sigs.k8s.io/prometheus-adapter/cmd/adapter" } },
    variables: [],
  },
  podinfo: {
    // The Go proxy serves none of its tags: this is the commit of 6.9.2.
    version: "1.8.1-0.20250910200901-e86405a8674e",
    tolerance: "minor",
    tools: { podinfo: { package: "github.com/stefanprodan/podinfo/cmd/podinfo" } },
    variables: [],
  },
  hey: {
    version: "0.1.5",
    tolerance: "minor",
    tools: { hey: { package: "github.com/rakyll/hey" } },
    variables: [],
  },
  keda: {
    ...keda,
    tolerance: "minor",
    tools: { "keda-operator": { package: "github.com/kedacore/keda/v2/cmd/operator" } },
    notInlined: kedaClients,
  },
  // Beside the operator, for ScaledObjects only: each links most of what the operator does.
  "keda-scaled-objects": {
    ...keda,
    tolerance: "minor",
    tools: {
      "keda-adapter": { package: "github.com/kedacore/keda/v2/cmd/adapter" },
      "keda-webhooks": { package: "github.com/kedacore/keda/v2/cmd/webhooks" },
    },
    notInlined: kedaClients,
  },
  // The provider of this project (karpenter/). Its version is that of Karpenter's core.
  karpenter: {
    version: "1.13.0",
    tolerance: "minor",
    tools: { karpenter: { package: "." } },
    variables: ["sigs.k8s.io/karpenter/pkg/operator.Version=1.13.0"],
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof families;
export type BuiltTool = { [F in FamilyName]: keyof (typeof families)[F]["tools"] }[FamilyName];

/** A program that the distribution's package manager installs. */
export interface SystemTool {
  /** Package of Debian and Ubuntu. */
  readonly package: string;
  /** Where it is when it is not a command on PATH: the first folder that holds `file` counts. */
  readonly folders?: { readonly candidates: readonly string[]; readonly file: string };
  /** The arguments that make it report its version. @default --version */
  readonly versionArgs?: readonly string[];
  /** The oldest version that works, and why. */
  readonly minimum?: { readonly version: string; readonly reason: string };
}

export const systemTools = {
  etcd: { package: "etcd-server", minimum: { version: "3.4.0", reason: "Kubernetes speaks its v3 API" } },
  containerd: { package: "containerd", minimum: { version: "1.6.0", reason: "the kubelet speaks its CRI v1" } },
  ctr: { package: "containerd" },
  runc: { package: "runc" },
  cniDir: {
    package: "containernetworking-plugins",
    folders: { candidates: ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"], file: "bridge" },
  },
  iptables: { package: "iptables" },
  ip: { package: "iproute2", versionArgs: ["-Version"] },
  unshare: { package: "util-linux" },
  nsenter: { package: "util-linux" },
  setpriv: { package: "util-linux" },
  buildah: { package: "buildah" },
  mmdebstrap: { package: "mmdebstrap" },
  // On Ubuntu the Debian archive's keys are a package of their own.
  debianKeyrings: {
    package: "debian-archive-keyring",
    folders: { candidates: ["/usr/share/keyrings"], file: "debian-archive-keyring.gpg" },
  },
  ffmpeg: { package: "ffmpeg", versionArgs: ["-version"] },
  ffprobe: { package: "ffmpeg", versionArgs: ["-version"] },
  chromium: { package: "chromium" },
} as const satisfies Readonly<Record<string, SystemTool>>;

export type SystemToolName = keyof typeof systemTools;
export type ToolName = BuiltTool | SystemToolName;

export const systemToolNames = Object.keys(systemTools) as SystemToolName[];
export const familyNames = Object.keys(families) as FamilyName[];
export const toolsOf = (family: FamilyName): BuiltTool[] => Object.keys(families[family].tools) as BuiltTool[];

/** The arguments that make a tool report its version; undefined for a folder, and for a tool that reports none. */
export function versionArgs(name: ToolName): readonly string[] | undefined {
  const family = familyNames.find((candidate) => (toolsOf(candidate) as ToolName[]).includes(name));
  if (family) return (families[family].tools as Family["tools"])[name]!.versionArgs;
  const tool: SystemTool = systemTools[name as SystemToolName];
  return tool.folders ? undefined : (tool.versionArgs ?? ["--version"]);
}
