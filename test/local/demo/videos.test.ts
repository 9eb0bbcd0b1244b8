import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSampleVideos, sampleVideos } from "../../../local/demo/videos";
import { type Progress } from "../../../local/lib/progress";

const progress: Progress = { say: () => undefined, step: (_name, work) => work() };

let dir: string;
let ffmpeg: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "videos-"));
  ffmpeg = join(dir, "ffmpeg");
  useFfmpeg(`echo "$@" >> ${dir}/calls; for file; do :; done; head -c 50000 /dev/zero > "$file"`);
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A shell script in the place of ffmpeg: the real one makes the videos in the e2e test. */
function useFfmpeg(script: string): void {
  writeFileSync(ffmpeg, `#!/bin/sh\n${script}\n`);
  chmodSync(ffmpeg, 0o755);
}

const cache = (): string => join(dir, "samples");
const calls = (): string[] => readFileSync(join(dir, "calls"), "utf8").trim().split("\n");

test("there are enough videos, and they differ", () => {
  expect(sampleVideos.length).toBeGreaterThanOrEqual(9);
  expect(new Set(sampleVideos.map(({ file }) => file)).size).toBe(sampleVideos.length);
  expect(new Set(sampleVideos.map(({ args }) => args)).size).toBe(sampleVideos.length);
  expect(new Set(sampleVideos.map(({ file }) => file.split(".").at(-1))).size).toBeGreaterThanOrEqual(6);
  expect(sampleVideos.filter(({ truncateTo }) => truncateTo !== undefined)).toHaveLength(1);
});

test("the folder holds the videos and nothing else, the corrupt one cut off", async () => {
  const folder = await makeSampleVideos(cache(), ffmpeg, progress);
  expect(readdirSync(folder).sort()).toEqual(sampleVideos.map(({ file }) => file).sort());
  expect(statSync(join(folder, "corrupt.mp4")).size).toBe(20_000);
  expect(statSync(join(folder, "clock.mp4")).size).toBe(50_000);
  expect(readdirSync(cache())).toHaveLength(1);
});

test("a second run makes nothing again", async () => {
  const folder = await makeSampleVideos(cache(), ffmpeg, progress);
  expect(await makeSampleVideos(cache(), ffmpeg, progress)).toBe(folder);
  expect(calls()).toHaveLength(sampleVideos.length);
});

test("a run that fails leaves nothing that looks complete", async () => {
  useFfmpeg("echo 'no such encoder' >&2; exit 1");
  await expect(makeSampleVideos(cache(), ffmpeg, progress)).rejects.toThrow("no such encoder");
  expect(readdirSync(cache())).toEqual([]);
});

test("videos of other versions and of killed runs are removed, what others keep there is not", async () => {
  for (const name of ["0123456789ab", "0123456789ab.partial-999999999", "mine"]) mkdirSync(join(cache(), name), { recursive: true });
  const folder = await makeSampleVideos(cache(), ffmpeg, progress);
  expect(
    readdirSync(cache())
      .map((name) => join(cache(), name))
      .sort(),
  ).toEqual([folder, join(cache(), "mine")].sort());
  expect(existsSync(folder)).toBe(true);
});
