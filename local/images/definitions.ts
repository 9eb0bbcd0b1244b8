import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";
import type { Settings } from "../lib/settings";
import type { ToolName } from "../tools";

/** Built only where they are asked for: they take minutes, or much of the disk. */
export const imageGroups = ["metrics", "keda", "keda-scaled-objects", "queue", "queue-java", "database", "karpenter"] as const;
export type ImageGroup = (typeof imageGroups)[number];

/** Those that the settings of a local cloud ask for. */
export const groupsOf = ({
  metrics,
  keda,
  database,
  java,
  karpenter,
}: Pick<Settings, "metrics" | "keda" | "database" | "java" | "karpenter">): ImageGroup[] => [
  ...(metrics === "on" ? (["metrics"] as const) : []),
  ...(keda === "off" ? [] : (["keda"] as const)),
  ...(keda === "scaled-objects" ? (["keda-scaled-objects"] as const) : []),
  ...(database === "on" ? (["database"] as const) : []),
  ...(keda !== "off" && database === "on" ? (["queue"] as const) : []),
  ...(java === "on" ? (["queue-java"] as const) : []),
  ...(karpenter === "on" ? (["karpenter"] as const) : []),
];

const imageTools = [
  "coredns",
  "metrics-server",
  "adapter",
  "podinfo",
  "hey",
  "keda-operator",
  "keda-adapter",
  "keda-webhooks",
  "karpenter",
] as const satisfies readonly ToolName[];
export type ImageTool = (typeof imageTools)[number];

const manifestSchema = z.strictObject({
  /** The program's entry point, relative to the image's folder. */
  entry: z.string().optional(),
  /** Tools of local/tools that the Dockerfile copies from `dist/`. */
  tools: z.array(z.enum(imageTools)).default([]),
  /** Whether the folder is a Maven project, whose program the Dockerfile copies from `dist/app/`. */
  maven: z.boolean().default(false),
  /** Further files of the folder that the Dockerfile copies. */
  files: z.array(z.string().min(1)).default([]),
  /** What the image belongs to; it is built only where that is wanted. */
  group: z.enum(imageGroups).optional(),
});

/** An image of this project: a folder with a Dockerfile, which is also the build's context. */
export interface ImageDefinition {
  readonly name: string;
  readonly folder: string;
  /** The TypeScript file that is bundled into `dist/main.cjs` before the build; undefined when there is none. */
  readonly entry?: string;
  /** Programs that are put into `dist/` before the build. */
  readonly tools?: readonly ImageTool[];
  /** Whether Maven makes `dist/app/` of the folder before the build. */
  readonly maven?: boolean;
  /** Files of the folder that the Dockerfile copies besides. */
  readonly files?: readonly string[];
  readonly group?: ImageGroup;
}

/**
 * The images under `images/`, in alphabetical order: each folder has a Dockerfile and an `image.json`.
 *
 * @param groups those that are wanted beside the images that belong to none
 */
export function programImages(groups: readonly ImageGroup[] = [], root = paths.root): ImageDefinition[] {
  const folder = join(root, "images");
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory() && existsSync(join(folder, item.name, "Dockerfile")))
    .map((item) => ({ name: item.name, folder: join(folder, item.name), ...manifestOf(join(folder, item.name)) }))
    .filter(({ group }) => group === undefined || groups.includes(group))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The container that holds a pod's namespaces. */
export const pauseImage: ImageDefinition = { name: "pause", folder: join(__dirname, "pause") };

/** The cluster's DNS. */
export const dnsImage: ImageDefinition = { name: "coredns", folder: join(__dirname, "coredns"), tools: ["coredns"] };

/** What the local cloud's nodes run beside the program's images. */
export const systemImages: readonly ImageDefinition[] = [pauseImage, dnsImage];

function manifestOf(folder: string): Pick<ImageDefinition, "entry" | "tools" | "maven" | "files" | "group"> {
  const file = join(folder, "image.json");
  if (!existsSync(file)) throw new UserError(`${file} is missing: it names the program's entry point, e.g. { "entry": "src/main.ts" }`);
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!manifest.success) throw new UserError(`${file} is not valid:\n${z.prettifyError(manifest.error)}`);
  const { tools, maven, files, group } = manifest.data;
  const entry = manifest.data.entry === undefined ? undefined : resolve(folder, manifest.data.entry);
  if (entry !== undefined && !existsSync(entry))
    throw new UserError(`${file}: entry (${JSON.stringify(manifest.data.entry)}) must name a file, but there is no ${entry}`);
  return {
    ...(entry !== undefined && { entry }),
    ...(tools.length > 0 && { tools }),
    ...(maven && { maven }),
    ...(files.length > 0 && { files }),
    ...(group && { group }),
  };
}

export interface Image {
  /** The image's folder under `images/`, "pause", or "base". */
  readonly name: string;
  /** e.g. localhost/ovh-mks-batch/thumbnail:0.1.0 */
  readonly reference: string;
  /** A docker-archive. */
  readonly archive: string;
}

export interface ImageSet {
  readonly images: readonly Image[];
  /** The reference of the pause image, for containerd's `sandbox_image`. */
  readonly pause: string;
  /** The reference of CoreDNS. */
  readonly dns: string;
  /** Changes with the content of any image. */
  readonly hash: string;
}
