import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { paths } from "../lib/paths";

export const programs = ["language", "dynamic", "kubernetes", "ovh", "random"] as const;

export type Program = (typeof programs)[number];

/**
 * Bundles each stand-in into one executable JavaScript file, so that it starts in a tenth of a second, and answers the folder of them.
 * They are kept in the shared cache by the hash of what they are made of, and made anew when that changes.
 */
export async function bundles(): Promise<string> {
  const folder = join(paths.cache, "plugins", hash());
  if (existsSync(folder)) return folder;
  const { build } = await import("esbuild");
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await build({
      absWorkingDir: paths.root,
      entryPoints: Object.fromEntries(programs.map((program) => [program, join(__dirname, program, "main.ts")])),
      outdir: unfinished,
      bundle: true,
      platform: "node",
      target: "node20",
      minify: true,
      // Node 22 and later keep the compiled code between runs; earlier ones have no such function.
      banner: { js: '#!/usr/bin/env node\nrequire("node:module").enableCompileCache?.();' },
      plugins: [withoutClosures],
      logLevel: "error",
    });
    await Promise.all(programs.map((program) => chmod(join(unfinished, `${program}.js`), 0o755)));
    // Another process may have been faster; its folder is as good.
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The SDK loads the TypeScript compiler and npm's dependency solver to serialise functions, which no plugin does. */
const withoutClosures: Plugin = {
  name: "without-closures",
  setup: (build) => build.onLoad({ filter: /runtime\/closure\/(serializeClosure|codePaths)\.js$/ }, () => ({ contents: "" })),
};

function hash(): string {
  const folders = [__dirname, join(paths.root, "kubernetes"), join(paths.root, "common")];
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)));
  const sources = files.filter((file) => file.endsWith(".ts")).map((file) => relative(paths.root, file));
  const digest = createHash("sha256").update(readFileSync(join(paths.root, "package-lock.json")));
  for (const source of sources.sort()) digest.update(`\0${source}\0`).update(readFileSync(join(paths.root, source)));
  return digest.digest("hex").slice(0, 16);
}
