import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";

const manifestSchema = z.strictObject({
  /** The program's entry point, relative to the image's folder. */
  entry: z.string(),
});

/** An image of this project: a folder with a Dockerfile, which is also the build's context. */
export interface ImageDefinition {
  readonly name: string;
  readonly folder: string;
  /** The TypeScript file that is bundled into `dist/main.cjs` before the build; undefined when there is none. */
  readonly entry?: string;
}

/** The images under `images/`, in alphabetical order: each folder has a Dockerfile and an `image.json`. */
export function programImages(root = paths.root): ImageDefinition[] {
  const folder = join(root, "images");
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory() && existsSync(join(folder, item.name, "Dockerfile")))
    .map((item) => ({ name: item.name, folder: join(folder, item.name), entry: entryOf(join(folder, item.name)) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What the local cloud runs its pods with, beside the program's images: the container that holds a pod's namespaces. */
export const pauseImage: ImageDefinition = { name: "pause", folder: join(__dirname, "pause") };

function entryOf(folder: string): string {
  const file = join(folder, "image.json");
  if (!existsSync(file)) throw new UserError(`${file} is missing: it names the program's entry point, e.g. { "entry": "src/main.ts" }`);
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!manifest.success) throw new UserError(`${file} is not valid:\n${z.prettifyError(manifest.error)}`);
  const entry = resolve(folder, manifest.data.entry);
  if (!existsSync(entry))
    throw new UserError(`${file}: entry (${JSON.stringify(manifest.data.entry)}) must name a file, but there is no ${entry}`);
  return entry;
}
