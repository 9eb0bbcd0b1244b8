import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout's root folder. */
export const root = resolve(__dirname, "..", "..");

/** Everything that one local cloud writes, but for the shared cache. One checkout has two clouds side by side when each has a folder of its own. */
const work = resolve(root, process.env.MKS_BATCH_LOCAL ?? ".local");

/** Tools, images and downloads, shared by all checkouts of this user and kept by `down`. */
const cache = process.env.MKS_BATCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ovh-mks-batch");

export const paths = {
  root,
  work,
  cache,
  settings: join(work, "settings.json"),
  logs: join(work, "logs"),
  api: join(work, "api"),
  s3: join(work, "s3"),
  cluster: join(work, "cluster"),
  registry: join(work, "registry"),
  /** Folders that pods share as PersistentVolumes; see docs/local-cloud.md. */
  volumes: join(work, "volumes"),
  images: join(work, "images"),
  pulumiHome: join(work, "pulumi"),
  pulumiState: join(work, "state"),
  passphrase: join(work, "passphrase"),
  credentials: join(work, "credentials.json"),
  /** What the daemon says of itself. */
  daemon: join(work, "daemon.json"),
  /** Where the daemon finds its programs and images. */
  machinery: join(work, "machinery.json"),
  /** A copy of Pulumi.local.yaml: Pulumi writes the stack's encryption salt to the file that it is given. */
  stackConfig: join(work, "project", "Pulumi.local.yaml"),
  kubeconfig: join(work, "kubeconfig"),
  thumbnails: join(work, "thumbnails"),
  samples: join(cache, "samples"),
  demoReport: join(work, "demo-report.json"),
  hpaReport: join(work, "hpa.json"),
  hpaPlot: join(work, "hpa.svg"),
  queueReport: join(work, "queue.json"),
  queuePlot: join(work, "queue.svg"),
  karpenterReport: join(work, "karpenter.json"),
  karpenterPlot: join(work, "karpenter.svg"),
} as const;
