import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import type { Progress } from "../lib/progress";
import { contained, type Buildah, type BuildTools } from "./buildah";

const recipe = join(__dirname, "base");

/** What the images' Dockerfiles start from, here and with Docker. */
export const baseReference = "docker.io/library/debian:trixie-slim";

/** As Docker's slim images: no manual pages, translations and documents, except the licences. */
const excluded = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/locale/*/LC_MESSAGES/*.mo",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
];

const bootstrapArgs = ["--variant=minbase", ...excluded.map((option) => `--dpkgopt=${option}`)];

/** Changes with whatever the base image is made from. */
export function baseKey(): string {
  const hash = createHash("sha256").update(JSON.stringify(bootstrapArgs)).update(process.arch);
  for (const file of ["Dockerfile", "apt.conf"]) hash.update("\0").update(readFileSync(join(recipe, file)));
  return hash.digest("hex").slice(0, 12);
}

/** Bootstraps the Debian base image from Debian's package mirror, unless buildah's storage has it. */
export async function ensureBase(buildah: Buildah, tools: BuildTools, work: string, progress: Progress): Promise<void> {
  const keyed = `localhost/ovh-mks-batch/base:${baseKey()}`;
  if ((await buildah.has(keyed)) && (await buildah.has(baseReference))) return;
  const context = join(work, "base");
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  await cp(recipe, context, { recursive: true });
  await progress.step("Bootstrapping the Debian base image", () => bootstrap(tools, context));
  await buildah.build(context, keyed);
  await buildah.run(["tag", keyed, baseReference]);
  await rm(context, { recursive: true });
}

async function bootstrap(tools: BuildTools, context: string): Promise<void> {
  const keyring = join(tools.debianKeyrings, "debian-archive-keyring.gpg");
  const args = [...bootstrapArgs, `--keyring=${keyring}`, '--aptopt=Acquire::Retries "3"', "trixie", join(context, "rootfs.tar")];
  // mmdebstrap unpacks under TMPDIR, which must allow device files: /tmp often does not.
  const options = { env: { ...process.env, TMPDIR: context }, timeout: 900_000 };
  await exec(...contained(tools, tools.mmdebstrap, args), options).catch((error: unknown) => {
    if (!(error instanceof ExecError)) throw error;
    throw new UserError(
      `The Debian base of the images cannot be bootstrapped. Is Debian's package mirror reachable?\n${error.stderr.trim().slice(-1500)}`,
    );
  });
}
