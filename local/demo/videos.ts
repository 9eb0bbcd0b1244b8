import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../lib/exec";
import { type Progress } from "../lib/progress";

export interface SampleVideo {
  readonly file: string;
  /** What is special about it. */
  readonly shows: string;
  /** ffmpeg's options between the program and the output file. */
  readonly args: string;
  /** Cut the file off after so many bytes, to make it corrupt. */
  readonly truncateTo?: number;
}

const h264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1";

/** The sample videos: every one moves, and none is like another in container, codec, shape or length. */
export const sampleVideos: readonly SampleVideo[] = [
  {
    file: "cells.avi",
    shows: "MPEG-4 and MP3 in AVI",
    args: "-f lavfi -i cellauto=s=320x240:r=25:rule=110 -f lavfi -i sine=300 -t 8 -c:v mpeg4 -q:v 5 -c:a libmp3lame",
  },
  {
    file: "clock.mp4",
    shows: "H.264 and AAC in MP4",
    args: `-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=440 -t 10 ${h264} -c:a aac`,
  },
  {
    file: "corrupt.mp4",
    shows: "an MP4 file cut off half-way",
    args: `-f lavfi -i testsrc=s=640x360:r=25 -t 3 ${h264}`,
    truncateTo: 20_000,
  },
  {
    file: "fractal.webm",
    shows: "VP9 in WebM, no audio",
    args: "-f lavfi -i mandelbrot=s=320x180:r=24 -t 5 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k -threads 1",
  },
  {
    file: "life.mkv",
    shows: "HEVC and Opus in Matroska",
    args: "-f lavfi -i life=s=320x240:r=20:mold=10:ratio=0.1:death_color=blue:life_color=yellow:seed=7 -f lavfi -i sine=220 -t 6 -c:v libx265 -preset ultrafast -x265-params log-level=error:pools=1:frame-threads=1 -c:a libopus",
  },
  {
    file: "long.ts",
    shows: "a minute of MPEG-2 in a transport stream",
    args: "-f lavfi -i testsrc2=s=426x240:r=15 -f lavfi -i sine=200 -t 60 -c:v mpeg2video -q:v 8 -threads 1 -c:a mp2",
  },
  { file: "scroll.mov", shows: "H.264 in QuickTime, 720p", args: `-f lavfi -i smptehdbars=s=1280x720:r=30,scroll=h=0.005 -t 5 ${h264}` },
  { file: "short.mp4", shows: "less than half a second", args: `-f lavfi -i testsrc=s=320x240:r=25 -t 0.4 ${h264}` },
  {
    file: "sierpinski.webm",
    shows: "VP8 and Vorbis in WebM",
    args: "-f lavfi -i sierpinski=s=320x240:r=20:seed=7 -f lavfi -i sine=500 -t 5 -c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k -threads 1 -c:a libvorbis",
  },
  { file: "theora.ogv", shows: "Theora in Ogg", args: "-f lavfi -i testsrc=s=400x300:r=25,hue=H=t -t 7 -c:v libtheora -q:v 5" },
  { file: "vertical.mp4", shows: "a vertical H.264 video", args: `-f lavfi -i gradients=s=360x640:r=30:seed=7:speed=0.05 -t 6 ${h264}` },
];

/** Changes whenever what is made changes. */
const version = createHash("sha256").update(JSON.stringify(sampleVideos)).digest("hex").slice(0, 12);

/** How many ffmpeg processes run at the same time. */
const parallel = 2;

/**
 * Makes the sample videos with ffmpeg's own generators, in a folder of their version under `dir`; there is nothing to do when that exists.
 * @param ffmpeg the ffmpeg program
 * @returns the folder, which holds the videos and nothing else
 */
export async function makeSampleVideos(dir: string, ffmpeg: string, progress: Progress): Promise<string> {
  const folder = join(dir, version);
  if (existsSync(folder)) return folder;
  mkdirSync(dir, { recursive: true });
  // Under a name of its own until all are there: a killed run leaves nothing that looks complete.
  const partial = join(dir, `${version}.partial-${process.pid}`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  try {
    const waiting = [...sampleVideos];
    const worker = async (): Promise<void> => {
      for (let video = waiting.shift(); video; video = waiting.shift()) {
        await makeVideo(video, partial, ffmpeg);
        progress.say(`  ${video.file}: ${video.shows}`);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  removeLeftovers(dir);
  return folder;
}

async function makeVideo(video: SampleVideo, folder: string, ffmpeg: string): Promise<void> {
  const file = join(folder, video.file);
  const args = ["-nostdin", "-v", "error", ...video.args.split(" "), "-fflags", "+bitexact", "-flags:v", "+bitexact", "-y", file];
  await exec(ffmpeg, args, { timeout: 120_000 });
  if (video.truncateTo !== undefined) truncateSync(file, video.truncateTo);
}

function publish(partial: string, folder: string): void {
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process made the same videos meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** Videos of other versions, and what killed runs left. Another running demo uses the same version. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    if (name === version || (pid && existsSync(`/proc/${pid}`))) continue;
    if (/^[0-9a-f]{12}(\.partial-\d+)?$/.test(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}
