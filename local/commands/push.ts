import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../images";
import type { Buildah, BuildTools } from "../images/buildah";
import { UserError } from "../lib/errors";
import { ExecError } from "../lib/exec";
import type { Progress } from "../lib/progress";
import type { Account } from "../registry";

/** Builds a folder's Dockerfile and pushes the image to the registry at `reference`. @throws {UserError} with what the build said */
export async function buildAndPush(
  folder: string,
  reference: string,
  account: Account,
  tools: BuildTools,
  progress: Progress,
): Promise<void> {
  const pushed = (buildah: Buildah) => progress.step(`Pushing ${reference}`, () => push(buildah, reference, account));
  await buildImage(folder, reference, tools, progress, pushed).catch((error: unknown) => {
    if (!(error instanceof ExecError)) throw error;
    throw new UserError(`The image of ${folder} could not be built and pushed:\n${error.stderr.trim().slice(-1500)}`);
  });
}

/** The password goes by a file that only its owner reads: arguments can be read by everybody on the machine. */
async function push(buildah: Buildah, reference: string, { username, password }: Account): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "registry-"));
  try {
    const authFile = join(folder, "auth.json");
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    writeFileSync(authFile, JSON.stringify({ auths: { [reference.split("/")[0]!]: { auth } } }), { mode: 0o600 });
    await buildah.run(["push", "--authfile", authFile, "--tls-verify=false", reference, `docker://${reference}`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
