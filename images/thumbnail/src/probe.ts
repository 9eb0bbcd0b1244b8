import { exitCodes, Failure } from "./failure";
import { type FrameShape } from "./plan";
import { reasonOf } from "./reason";
import { startTool } from "./tool";

export interface Video {
  /** Index of the video stream in the file. */
  readonly stream: number;
  readonly shape: FrameShape;
  /** Seconds, as the file says; undefined when it does not. It may be wrong: the file broke off, or its sound is longer. */
  readonly length: number | undefined;
  /** The transfer function of an HDR picture, e.g. "smpte2084" (PQ); undefined for any other. */
  readonly hdr: string | undefined;
  /** The format has no index of its pictures: a seek lands where it may, and the clock may jump. */
  readonly unindexed: boolean;
  /** e.g. "h264 in mov,mp4,m4a,3gp,3g2,mj2" */
  readonly format: string;
}

/**
 * Only formats that hold their own data: a playlist in the bucket (HLS, DASH, concat) could make ffmpeg read
 * the container's files or call other servers.
 */
const indexed = ["mov", "matroska", "webm", "avi", "ogg", "flv", "asf", "nut", "mxf", "gif", "rm", "dv", "ivf", "wtv", "yuv4mpegpipe"];
const unindexed = ["mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "mjpeg", "jpeg_pipe", "mpjpeg", "apng"];

/** Transfer functions of HDR: PQ and HLG. @see https://www.itu.int/rec/R-REC-BT.2100 */
const hdrTransfers = ["smpte2084", "arib-std-b67"];

/** Options in front of `-i` for reading from the proxy. */
export const inputOptions = ["-protocol_whitelist", "http,tcp", "-format_whitelist", [...indexed, ...unindexed].join(",")];

const probeSeconds = 60;

interface ProbedStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_aspect_ratio?: string;
  readonly duration?: string;
  readonly color_transfer?: string;
  readonly disposition?: { readonly attached_pic?: number };
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

export interface Probed {
  readonly streams?: readonly ProbedStream[];
  readonly format?: { readonly format_name?: string; readonly duration?: string };
}

const entries = [
  "format=duration,format_name",
  "stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,duration,color_transfer",
  "stream_disposition=attached_pic",
  "stream_side_data=rotation",
].join(":");

/** What ffprobe finds at `url`. @throws {Failure} (65) when it is no video; `name` is the file's name for the message */
export async function probe(url: string, name: string, signal: AbortSignal): Promise<Video> {
  const tool = startTool("ffprobe", ["-v", "error", ...inputOptions, "-show_entries", entries, "-of", "json", url], probeSeconds, signal);
  let json = "";
  for await (const text of tool.stdout.setEncoding("utf8")) json += text;
  const { code, stderr } = await tool.ended;
  if (code !== 0)
    throw new Failure(exitCodes.data, `${name} is not a video that ffmpeg can read: ${reasonOf(stderr) || "unknown format"}.`);
  const video = readProbe(JSON.parse(json) as Probed);
  if (!video) throw new Failure(exitCodes.data, `${name} has no video stream that ffmpeg can decode.`);
  return video;
}

/** The first real video stream; cover art is none. */
export function readProbe({ streams = [], format }: Probed): Video | undefined {
  const stream = streams.find((s) => s.codec_type === "video" && !s.disposition?.attached_pic && (s.width ?? 0) > 0 && (s.height ?? 0) > 0);
  if (!stream) return undefined;
  return {
    stream: stream.index,
    shape: {
      width: stream.width ?? 0,
      height: stream.height ?? 0,
      pixelAspect: aspect(stream.sample_aspect_ratio),
      rotation: stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0,
    },
    length: seconds(stream.duration) ?? seconds(format?.duration),
    hdr: hdrTransfers.find((transfer) => transfer === stream.color_transfer),
    unindexed: format?.format_name?.split(",").some((name) => unindexed.includes(name)) ?? false,
    format: `${stream.codec_name ?? "unknown codec"} in ${format?.format_name ?? "unknown format"}`,
  };
}

const seconds = (value: string | undefined): number | undefined => (Number(value) > 0 ? Number(value) : undefined);

function aspect(ratio = "1:1"): number {
  const [width = 1, height = 1] = ratio.split(":").map(Number);
  return width > 0 && height > 0 ? width / height : 1;
}
