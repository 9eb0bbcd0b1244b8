import { createInterface } from "node:readline";
import { inputOptions, type Video } from "./probe";
import { startTool } from "./tool";

/** What the packets of the video stream tell, whatever the file's header says. */
export interface Scan {
  /** Seconds of pictures, without the time over which the clock jumps; undefined when there are none. */
  readonly length: number | undefined;
  readonly keyFrames: number;
}

const scanSeconds = 600;

/** A longer step of the clock than this, in seconds, is a jump: ffmpeg's own `dts_delta_threshold`, for the same formats. */
const jump = 10;

/** Seconds of a picture in a raw stream, which has no clock: ffmpeg takes 25 a second. */
const untimed = 1 / 25;

/** Reads the whole file, and decodes nothing. */
export async function scan(url: string, { stream, unindexed }: Pick<Video, "stream" | "unindexed">, signal: AbortSignal): Promise<Scan> {
  const entries = ["-show_entries", "packet=pts_time,dts_time,flags", "-of", "csv=p=0"];
  const tool = startTool(
    "ffprobe",
    ["-v", "error", ...inputOptions, "-select_streams", String(stream), ...entries, url],
    scanSeconds,
    signal,
  );
  const lines: AsyncIterable<string> = createInterface(tool.stdout);
  const found = await readPackets(lines, unindexed ? jump : Infinity);
  await tool.ended;
  return found;
}

/** @param lines of ffprobe: presentation time, decoding time (seconds or "N/A"), flags with a K for a key frame */
export async function readPackets(lines: AsyncIterable<string> | Iterable<string>, jump: number): Promise<Scan> {
  let length = 0;
  let packets = 0;
  let keyFrames = 0;
  let last: number | undefined;
  for await (const line of lines) {
    const [shown = "", decoded = "", flags = ""] = line.split(",");
    if (flags === "") continue;
    packets++;
    if (flags.includes("K")) keyFrames++;
    const time = [decoded, shown].map(parseFloat).find(Number.isFinite);
    const step = time === undefined || last === undefined ? (packets > 1 ? untimed : 0) : time - last;
    if (step > 0 && step <= jump) length += step;
    last = time ?? last;
  }
  return { length: length > 0 ? length : undefined, keyFrames };
}
