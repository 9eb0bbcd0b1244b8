import { decode, type Piece, readPiece, soughtPiece } from "./decode";
import { exitCodes, Failure } from "./failure";
import { planSnippets, previewSize, type Size } from "./plan";
import { type Video } from "./probe";
import { reasonOf } from "./reason";
import { scan } from "./scan";
import { type Settings } from "./settings";
import { startTool } from "./tool";

const encoderSeconds = 3600;

/** So many key frames for each snippet are enough to look at nothing else in a file that has to be read through. */
const keyFramesEach = 4;

export interface Source {
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

export interface Preview {
  readonly frames: number;
  /** What the video lacks, e.g. "the file says 60.0 s, and has pictures for 11.2 s". */
  readonly note: string | undefined;
}

/**
 * Writes the preview of a video to `file`, whatever the file's header promises: first by seeks in the length that the header says, then,
 * when places were empty or the same, as the packets say, and last from the beginning.
 * @throws {Failure} (65) when no frame can be decoded
 */
export async function makePreview(source: Source, file: string, options: PreviewOptions): Promise<Preview> {
  const { url, name, video } = source;
  const { settings, signal, say, checkSource } = options;
  const fps = settings.FPS;
  const attempt = (pieces: readonly Piece[]) => encode(source, pieces, file, options);
  const plan = (length: number | undefined) => planSnippets(length, settings.DURATION);
  const sought = (length: number | undefined) => plan(length).map((snippet) => soughtPiece(snippet, fps));

  let made = video.length === undefined ? undefined : await attempt(sought(video.length));
  let note: string | undefined;
  if (!made || made.empty > 0 || (video.unindexed && made.repeated)) {
    say(made ? "reading the packets: places without a picture, or the same one again" : "reading the packets: the length is not known");
    const { length, keyFrames } = await scan(url, video, signal);
    checkSource();
    const shorter = length !== undefined && video.length !== undefined && length < 0.9 * video.length;
    if (shorter) note = `the file says ${video.length.toFixed(1)} s, and has pictures for ${length.toFixed(1)} s`;
    if (video.unindexed && length !== undefined) {
      const snippets = plan(length);
      made = await attempt([readPiece(snippets, fps, keyFrames >= keyFramesEach * snippets.length)]);
    } else if (!made || shorter) made = await attempt(sought(length));
  }
  if (made.frames === 0) {
    made = await attempt(sought(undefined));
    note = "only pictures at its beginning could be decoded";
  }
  if (made.frames === 0)
    throw new Failure(exitCodes.data, `${name} has no frame that ffmpeg can decode${made.reason && `: ${made.reason}`}.`);
  if (made.empty > 0) note ??= `${made.empty} of ${made.pieces} places have no picture${made.reason && `: ${made.reason}`}`;
  return { frames: made.frames, note };
}

interface Attempt {
  readonly frames: number;
  readonly pieces: number;
  /** Pieces without a frame. */
  readonly empty: number;
  /** Two pieces have the same frames. */
  readonly repeated: boolean;
  /** Of the first piece without a frame; "" when ffmpeg told none. */
  readonly reason: string;
}

/**
 * One decoder at a time gives the raw, already small frames of one piece to the one encoder, so memory does not grow with the video, and a
 * broken place costs its own piece only.
 */
async function encode(source: Source, pieces: readonly Piece[], file: string, options: PreviewOptions): Promise<Attempt> {
  const { settings, signal, say, checkSource } = options;
  const size = previewSize(source.video.shape, settings.WIDTH);
  const encoder = startTool("ffmpeg", encoderArgs(size, settings, file), encoderSeconds, signal);
  const digests = new Set<string>();
  let [frames, empty, reason] = [0, 0, ""];
  try {
    for (const [i, piece] of pieces.entries()) {
      const found = await decode(source.url, source.video, piece, size, encoder, signal);
      checkSource();
      frames += found.frames;
      if (found.frames === 0) {
        empty++;
        reason ||= reasonOf(found.stderr);
      } else digests.add(found.digest);
      say(`snippet ${i + 1} of ${pieces.length}, ${found.frames > 0 ? `frames: ${found.frames}` : `skipped, ${reason || "no frame"}`}`);
    }
    encoder.stdin.end();
    const { code, stderr } = await encoder.ended;
    if (code !== 0 && frames > 0) throw new Failure(exitCodes.software, `ffmpeg could not encode the preview: ${reasonOf(stderr)}.`);
    return { frames, pieces: pieces.length, empty, repeated: digests.size < pieces.length - empty, reason };
  } finally {
    encoder.kill();
  }
}

function encoderArgs(size: Size, settings: PreviewOptions["settings"], file: string): string[] {
  const raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", `${size.width}x${size.height}`, "-framerate", String(settings.FPS)];
  return [
    ...["-v", "error", ...raw],
    ...["-i", "pipe:0", "-an", "-c:v", "libvpx-vp9", "-crf", String(settings.QUALITY), "-b:v", "0"],
    // Real-time mode is some ten times faster, for a slightly bigger file. Bit-exact: the same video gives the same bytes.
    ...["-deadline", "realtime", "-cpu-used", "7", "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"],
    ...["-f", "webm", "-y", file],
  ];
}
