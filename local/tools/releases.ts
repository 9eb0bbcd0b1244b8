import { families, type FamilyName } from "./catalog";

/** An official release of a family of tools for one architecture. */
export interface Release {
  readonly url: string;
  /** Of the downloaded file, pinned here: what arrives with another one is thrown away. */
  readonly checksum: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
  /** How the file becomes a folder of programs; undefined when it is the program itself, under the family's name. */
  readonly archive?: {
    /** Leading path components to strip. */
    readonly strip: number;
    /** Paths in the archive (before stripping) that are wanted. */
    readonly members: readonly string[];
  };
}

type Architecture = "x64" | "arm64";

const sha256 = (hex: string) => ({ algorithm: "sha256", hex }) as const;
const sha512 = (hex: string) => ({ algorithm: "sha512", hex }) as const;
const { kubernetes, versitygw, pulumi, coredns, kwok } = families;

const kubernetesServer = (arch: string, hex: string): Release => ({
  url: `https://dl.k8s.io/v${kubernetes.version}/kubernetes-server-linux-${arch}.tar.gz`,
  checksum: sha512(hex),
  archive: { strip: 3, members: Object.keys(kubernetes.tools).map((tool) => `kubernetes/server/bin/${tool}`) },
});

const versitygwTar = (arch: string, hex: string): Release => ({
  url: `https://github.com/versity/versitygw/releases/download/v${versitygw.version}/versitygw_v${versitygw.version}_Linux_${arch}.tar.gz`,
  checksum: sha256(hex),
  archive: { strip: 1, members: [`versitygw_v${versitygw.version}_Linux_${arch}/versitygw`] },
});

/** The whole folder is kept: the language hosts lie beside the CLI. */
const pulumiSdk = (arch: string, hex: string): Release => ({
  url: `https://get.pulumi.com/releases/sdk/pulumi-v${pulumi.version}-linux-${arch}.tar.gz`,
  checksum: sha256(hex),
  archive: { strip: 1, members: ["pulumi"] },
});

const kwokBinary = (arch: string, hex: string): Release => ({
  url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${kwok.version}/kwok-linux-${arch}`,
  checksum: sha256(hex),
});

/**
 * Where the checksums come from: Kubernetes' own CHANGELOG-1.34.md; Arch Linux's kwok-bin package; for the others, public
 * repositories that pin the same release independently of each other and agree. What no such source is known for has no
 * entry and is built.
 */
const releases: Readonly<Record<FamilyName, Partial<Record<Architecture, Release>>>> = {
  kubernetes: {
    x64: kubernetesServer(
      "amd64",
      "6dacc62cf3def4873c680bd308fa88eb0ee857e4ca4e19723921172f7e6d4f7f774ea7742d59fa051807856896affb4fe86e55fc2612e2c3f729e5e10cde3200",
    ),
    arm64: kubernetesServer(
      "arm64",
      "788e89509219b22e08ec436bc4ba39ccf47237b78253bdb26b1d2287c22d2edabacb8f2102d657fd259e3c7d2d2b671ba33ca60383beabd480873bcc30773d7b",
    ),
  },
  versitygw: {
    x64: versitygwTar("x86_64", "2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467"),
    arm64: versitygwTar("arm64", "b34051d33f5a9c457f790896acb7bd7d7e15ad8d92efb70616b924f37e401910"),
  },
  pulumi: {
    x64: pulumiSdk("x64", "cf559568e2c32f7fae56ea3de8ae5fa48973ba8c5aa9dd2b3dc0c8898fe50dba"),
    arm64: pulumiSdk("arm64", "699fbc6ea848d997e9b3645487f108d27b1b55ec807c7576406131e6e080f0e3"),
  },
  coredns: {
    x64: {
      url: `https://github.com/coredns/coredns/releases/download/v${coredns.version}/coredns_${coredns.version}_linux_amd64.tgz`,
      checksum: sha256("2f08896df9d28ea0cd2294037e6d66e82f996b504e4901b791be8a3ae042029b"),
      archive: { strip: 0, members: ["coredns"] },
    },
  },
  kwok: {
    x64: kwokBinary("amd64", "f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46"),
    arm64: kwokBinary("arm64", "628f7d277860f524a2a775c217adcc58828e7b59ab0933680315784f1b8b0e37"),
  },
  registry: {},
  "metrics-server": {},
  "prometheus-adapter": {},
  podinfo: {},
  hey: {},
  keda: {},
  "keda-scaled-objects": {},
  karpenter: {},
};

/** The release of `family` for this machine, if there is one with a known checksum. */
export function releaseOf(family: FamilyName, arch: string = process.arch): Release | undefined {
  return releases[family][arch as Architecture];
}
