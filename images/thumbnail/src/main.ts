import { writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes, Failure } from "./failure";
import { makePreview } from "./preview";
import { probe } from "./probe";
import { serveObject } from "./proxy";
import { readSettings } from "./settings";
import { openStorage } from "./storage";

/**
 * Makes an animated WebM preview of one video. Settings come from the environment (settings.ts), progress and the reason of a failure go to
 * standard output, and the outcome to the container's termination message: `{"outputs": [{"key", "bytes"}], "note"}` or the reason.
 */
async function work(signal: AbortSignal, say: (text: string) => void): Promise<string> {
  const settings = readSettings(process.env);
  const storage = openStorage(settings, signal);
  const input = await storage.find(settings.INPUT);
  say(`reading ${input.key}, ${input.size} bytes`);
  if (input.size === 0) throw new Failure(exitCodes.data, `${input.key} is empty.`);

  const proxy = await serveObject(storage, input);
  const folder = await mkdtemp(join(tmpdir(), "thumbnail-"));
  const checkSource = (): void => {
    const failure = proxy.failure();
    if (failure) throw failure;
  };
  try {
    const video = await probe(proxy.url, input.key, signal).catch((error: unknown) => {
      checkSource();
      throw error;
    });
    const { width, height } = video.shape;
    say(
      `found ${video.format}, ${width} by ${height} pixels, ${video.length === undefined ? "unknown length" : `${video.length.toFixed(1)} s`}`,
    );
    const file = join(folder, "preview.webm");
    const { frames, note } = await makePreview({ url: proxy.url, name: input.key, video }, file, { settings, signal, say, checkSource });
    const preview = await readFile(file);
    await storage.write(settings.OUTPUT, preview, "video/webm");
    say(`wrote ${settings.OUTPUT}, ${preview.length} bytes, frames: ${frames}${note === undefined ? "" : `; ${note}`}`);
    return JSON.stringify({ outputs: [{ key: settings.OUTPUT, bytes: preview.length }], note });
  } finally {
    proxy.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file that Kubernetes shows as the container's message. Outside a container it does not exist, and is not made. */
function tellKubernetes(message: string): void {
  try {
    writeFileSync("/dev/termination-log", message, { flag: "r+" });
  } catch {
    // The log's last line says the same.
  }
}

const started = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${text}`);

/** Answers the exit code. Never throws. */
async function run(): Promise<number> {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort());
  // Without a listener Node.js opens its debugger at this signal, which ffmpeg, the same user, may send: the S3 credentials would be open.
  process.on("SIGUSR1", () => undefined);
  try {
    tellKubernetes(await work(stop.signal, say));
    return 0;
  } catch (error) {
    const { code, message } = stop.signal.aborted
      ? new Failure(exitCodes.terminated, "Stopped by a signal before the preview was stored.")
      : error instanceof Failure
        ? error
        : new Failure(exitCodes.software, (error as Error).message);
    console.log(message);
    tellKubernetes(message);
    return code;
  }
}

// Not process.exitCode: an idle S3 connection would keep the process for some seconds.
void run().then((code) => process.exit(code));
