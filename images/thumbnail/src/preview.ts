import { once } from "node:events";
import { exitCodes, Failure } from "./failure";
import { frameCount, planSnippets, previewSize, type Snippet } from "./plan";
import { inputOptions, type Video } from "./probe";
import { reasonOf } from "./reason";
import { type Settings } from "./settings";
import { startTool, type Tool } from "./tool";

const snippetSeconds = 300;
const encoderSeconds = 3600;

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Source {
  readonly url: string;
  /** For messages. */
  readonly name: string;
  readonly video: Video;
}

export interface PreviewOptions {
  readonly settings: Pick<Settings, "WIDTH" | "DURATION" | "QUALITY" | "FPS">;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Called after each snippet; throws when what ffmpeg read was not the video but a failure of S3. */
  readonly checkSource: () => void;
}

/**
 * Writes the preview of a video to `file`. One decoder at a time gives the raw, already small frames of one snippet to the one encoder, so
 * memory does not grow with the video, and a broken place costs its own snippet only.
 * @returns the number of frames
 * @throws {Failure} (65) when no frame can be decoded
 */
export async function makePreview(source: Source, file: string, options: PreviewOptions): Promise<number> {
  const { settings, signal, say, checkSource } = options;
  const size = previewSize(source.video.shape, settings.WIDTH);
  const snippets = planSnippets(source.video.length, settings.DURATION);
  const encoder = startTool("ffmpeg", encoderArgs(size, settings, file), encoderSeconds, signal);
  try {
    let frames = 0;
    let reason = "";
    for (const [i, snippet] of snippets.entries()) {
      const { bytes, stderr } = await decode(source, snippet, size, settings.FPS, encoder, signal);
      checkSource();
      const found = bytes / ((size.width * size.height * 3) / 2);
      frames += found;
      if (found === 0) reason ||= reasonOf(stderr);
      const outcome = found > 0 ? `frames: ${found}` : `skipped, ${reason || "no frame"}`;
      say(`snippet ${i + 1} of ${snippets.length} at ${snippet.start.toFixed(1)} s, ${outcome}`);
    }
    if (frames === 0) throw new Failure(exitCodes.data, `${source.name} has no frame that ffmpeg can decode${reason && `: ${reason}`}.`);
    encoder.stdin.end();
    const { code, stderr } = await encoder.ended;
    if (code !== 0) throw new Failure(exitCodes.software, `ffmpeg could not encode the preview: ${reasonOf(stderr)}.`);
    return frames;
  } finally {
    encoder.kill();
  }
}

/** Sends the frames of one snippet to the encoder; answers how many bytes these were. */
async function decode(source: Source, snippet: Snippet, size: Size, fps: number, encoder: Tool, signal: AbortSignal) {
  const args = [
    ...["-nostdin", "-v", "error", ...inputOptions, "-threads", "1"],
    ...["-ss", snippet.start.toFixed(3), "-t", Math.max(snippet.length, 1 / fps).toFixed(3), "-i", source.url],
    // Rounding up keeps the only frame of a very short video.
    ...["-map", `0:${source.video.stream}`, "-vf", `fps=${fps}:round=up,scale=${size.width}:${size.height}:flags=bilinear,format=yuv420p`],
    ...["-frames:v", String(frameCount(snippet, fps)), "-f", "rawvideo", "pipe:1"],
  ];
  const decoder = startTool("ffmpeg", args, snippetSeconds, signal);
  let bytes = 0;
  try {
    for await (const chunk of decoder.stdout) {
      bytes += (chunk as Buffer).length;
      // An encoder that has ended drains nothing any more; the caller tells why it ended.
      if (!encoder.stdin.write(chunk)) await Promise.race([once(encoder.stdin, "drain"), encoder.ended]);
    }
    return { bytes, stderr: (await decoder.ended).stderr };
  } finally {
    decoder.kill();
  }
}

function encoderArgs(size: Size, settings: PreviewOptions["settings"], file: string): string[] {
  return [
    ...[
      "-v",
      "error",
      "-f",
      "rawvideo",
      "-pix_fmt",
      "yuv420p",
      "-video_size",
      `${size.width}x${size.height}`,
      "-framerate",
      String(settings.FPS),
    ],
    ...["-i", "pipe:0", "-an", "-c:v", "libvpx-vp9", "-crf", String(settings.QUALITY), "-b:v", "0"],
    // Real-time mode is some ten times faster, for a slightly bigger file. Bit-exact: the same video gives the same bytes.
    ...["-deadline", "realtime", "-cpu-used", "7", "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"],
    ...["-f", "webm", "-y", file],
  ];
}
