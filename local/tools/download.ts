import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { exec } from "../lib/exec";
import type { Progress } from "../lib/progress";
import type { Release } from "./releases";

/** A release could not be had. The tool is built instead. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

export interface DownloadTiming {
  /** Milliseconds until the server must have answered, and without a byte before a transfer is given up. */
  readonly patience: number;
  /** Milliseconds before each further try after a transfer that broke. */
  readonly pauses: readonly number[];
}

const timing: DownloadTiming = { patience: 15_000, pauses: [1_000, 4_000] };

/**
 * Downloads a release, checks it against its checksum and unpacks it, so that its programs are in `folder`.
 *
 * A host that cannot be reached or that answers with a refusal is not asked again; a transfer that breaks is.
 *
 * @param program the name of the program when the release is not an archive
 * @throws {DownloadError}
 */
export async function download(release: Release, folder: string, program: string, progress: Progress, times = timing): Promise<void> {
  const file = join(folder, ".download");
  await mkdir(folder, { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      await transfer(release.url, file, progress, times.patience);
      break;
    } catch (error) {
      const pause = times.pauses[attempt];
      if (error instanceof DownloadError || pause === undefined) throw asDownloadError(release.url, error);
      await sleep(pause);
    }
  }
  await verify(file, release);
  if (!release.archive) {
    await chmod(file, 0o755);
    await rename(file, join(folder, program));
    return;
  }
  const { strip, members } = release.archive;
  await exec("tar", ["-xzf", file, "-C", folder, `--strip-components=${strip}`, "--no-same-owner", ...members]).catch((error: unknown) => {
    throw asDownloadError(release.url, error);
  });
  await rm(file);
}

async function transfer(url: string, file: string, progress: Progress, patience: number): Promise<void> {
  const abort = new AbortController();
  const watchdog = setTimeout(() => abort.abort(new Error(`nothing came for ${patience / 1000} s`)), patience);
  try {
    const response = await fetch(url, { signal: abort.signal }).catch((error: unknown) => {
      throw asDownloadError(url, error);
    });
    if (response.status >= 400 && response.status < 500) throw new DownloadError(`${url}: HTTP status ${response.status}`);
    if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
    const total = Number(response.headers.get("content-length") ?? 0);
    let received = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        watchdog.refresh();
        done(null, chunk);
      },
    });
    const megabytes = (bytes: number) => Math.round(bytes / 1e6);
    await progress.step(
      `Downloading ${url}`,
      () => pipeline(Readable.fromWeb(response.body!), meter, createWriteStream(file), { signal: abort.signal }),
      () => `${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""} MB`,
    );
  } finally {
    clearTimeout(watchdog);
    // Closes the connection of an answer that was not read to its end.
    abort.abort();
  }
}

async function verify(file: string, { url, checksum }: Release): Promise<void> {
  const hash = createHash(checksum.algorithm);
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found !== checksum.hex) {
    await rm(file);
    throw new DownloadError(
      `${url}: the ${checksum.algorithm} checksum is ${found}, but ${checksum.hex} is expected: the file is not used`,
    );
  }
}

function asDownloadError(url: string, error: unknown): DownloadError {
  if (error instanceof DownloadError) return error;
  // fetch hides why it failed (ENOTFOUND, ECONNREFUSED, …) in the cause.
  const { message, cause } = error as Error & { cause?: Error };
  return new DownloadError(`${url}: ${cause?.message ?? message}`);
}
