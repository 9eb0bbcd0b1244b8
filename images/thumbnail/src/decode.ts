import { once } from "node:events";
import { createHash } from "node:crypto";
import { frameCount, type Size, type Snippet } from "./plan";
import { inputOptions, type Video } from "./probe";
import { startTool, type Tool } from "./tool";

/** What one run of a decoder reads. */
export interface Piece {
  readonly args: readonly string[];
  /** Filters that choose the frames. */
  readonly choose: string;
  readonly frames: number;
  /** The decoder is killed after this time. */
  readonly seconds: number;
}

/**
 * A snippet, found by a seek. The decoder starts at the key frame before it, and `fps` gives what was on the screen at the snippet's
 * start: a slide stays until the next one comes.
 */
export function soughtPiece({ start, length }: Snippet, fps: number): Piece {
  const frames = frameCount({ start, length }, fps);
  return {
    args: start > 0 ? ["-noaccurate_seek", "-ss", start.toFixed(3)] : [],
    choose: `fps=${fps}:start_time=0:round=up`,
    frames,
    seconds: 300,
  };
}

/** All snippets, from one reading from the beginning to the end: for files in which a seek finds nothing, or the same place again. */
export function readPiece(snippets: readonly Snippet[], fps: number, keyFramesOnly: boolean): Piece {
  const chosen = snippets.map(({ start, length }) => `gte(t,${start.toFixed(3)})*lt(t,${(start + Math.max(length, 1 / fps)).toFixed(3)})`);
  return {
    args: keyFramesOnly ? ["-skip_frame", "nokey"] : [],
    choose: `fps=${fps}:round=up,select='${chosen.join("+")}'`,
    frames: snippets.reduce((sum, snippet) => sum + frameCount(snippet, fps), 0),
    seconds: 1800,
  };
}

export interface Decoded {
  readonly frames: number;
  /** Digest of the frames: the same twice means the same place. */
  readonly digest: string;
  readonly stderr: string;
}

/** Sends the frames of a piece to the encoder, raw and of this size. */
export async function decode(url: string, video: Video, piece: Piece, size: Size, encoder: Tool, signal: AbortSignal): Promise<Decoded> {
  const args = [
    ...["-nostdin", "-v", "error", ...inputOptions, "-threads", "1", ...piece.args, "-i", url, "-map", `0:${video.stream}`],
    ...["-vf", [piece.choose, ...picture(size, video.hdr)].join(",")],
    ...["-frames:v", String(piece.frames), "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"],
  ];
  const decoder = startTool("ffmpeg", args, piece.seconds, signal);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of decoder.stdout) {
      bytes += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
      // An encoder that has ended drains nothing any more; the caller tells why it ended.
      if (!encoder.stdin.write(chunk)) await Promise.race([once(encoder.stdin, "drain"), encoder.ended]);
    }
    const { stderr } = await decoder.ended;
    return { frames: bytes / ((size.width * size.height * 3) / 2), digest: hash.digest("hex"), stderr };
  } finally {
    decoder.kill();
  }
}

/**
 * Filters that give each frame its size and 8 bits of BT.709. HDR goes by way of linear light, with a white of 203 cd/m² (ITU-R BT.2408),
 * which leaves what SDR could show as it is.
 */
function picture({ width, height }: Size, hdr: string | undefined): string[] {
  const scale = `scale=${width}:${height}:flags=bilinear`;
  if (hdr === undefined) return [scale, "format=yuv420p"];
  return [
    ...[scale, "format=yuv420p10le", `zscale=tin=${hdr}:pin=bt2020:min=bt2020nc:t=linear:npl=203`, "format=gbrpf32le", "zscale=p=bt709"],
    ...["tonemap=mobius:desat=0", "zscale=t=bt709:m=bt709:r=limited", "format=yuv420p"],
  ];
}
