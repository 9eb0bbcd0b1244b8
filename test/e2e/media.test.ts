/**
 * What the thumbnail worker shows of videos whose header promises other than they hold, on real ffmpeg; no cloud. The picture of a test video
 * is a plain grey that tells its time: luma 40 at 0 s, and 2 more each second.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makePreview, type Preview } from "../../images/thumbnail/src/preview";
import { probe } from "../../images/thumbnail/src/probe";
import { serveObject } from "../../images/thumbnail/src/proxy";
import { type Storage } from "../../images/thumbnail/src/storage";
import { createProgress } from "../../local/lib/progress";
import { ensureTools } from "../../local/tools";

const folder = mkdtempSync(join(tmpdir(), "media-"));
const path = process.env.PATH;

beforeAll(async () => {
  const { ffmpeg } = await ensureTools(
    createProgress(() => undefined),
    ["ffmpeg", "ffprobe"],
  );
  process.env.PATH = `${dirname(ffmpeg)}:${path}`;
});
afterAll(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);
const ffmpeg = (...args: string[]): Buffer => execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", "-threads", "1", ...args]);
const words = (text: string): string[] => text.split(" ").filter(Boolean);

/** Options for a source of `seconds` at `fps`, whose first frame shows the time `from`. */
const grey = (seconds: number, fps: number | string = 10, from = 0, size = "160x120"): string[] =>
  words(`-f lavfi -i color=black:size=${size}:rate=${fps}:duration=${seconds},geq=lum='40+(T+${from})*2':cb=128:cr=128`);
const tone = (seconds: number): string[] => words(`-f lavfi -i sine=frequency=300:sample_rate=8000:duration=${seconds}`);
const h264 = words("-c:v libx264 -preset ultrafast -pix_fmt yuv420p");

const cut = (from: string, to: string, share: number): void =>
  writeFileSync(file(to), readFileSync(file(from)).subarray(0, Math.floor(share * statSync(file(from)).size)));
const join2 = (to: string, ...from: string[]): void => writeFileSync(file(to), Buffer.concat(from.map((name) => readFileSync(file(name)))));

interface Shown extends Preview {
  /** Which seconds of the video the preview shows, each once, rounded. */
  readonly times: number[];
  readonly lumas: number[];
}

/** Makes the preview as the worker does, and looks at it. */
async function show(name: string): Promise<Shown> {
  const content = readFileSync(file(name));
  const storage: Storage = {
    find: () => Promise.reject(new Error("not used")),
    write: () => Promise.reject(new Error("not used")),
    read: (_object, { start, end }) => Promise.resolve(content.subarray(start, end + 1)),
  };
  const proxy = await serveObject(storage, { key: name, size: content.length, etag: undefined });
  const signal = new AbortController().signal;
  try {
    const video = await probe(proxy.url, name, signal);
    const settings = { WIDTH: 160, DURATION: 4, QUALITY: 10, FPS: 10 };
    const source = { url: proxy.url, name, video };
    const options = { settings, signal, say: () => undefined, checkSource: () => undefined };
    const preview = await makePreview(source, file("preview.webm"), options);
    const raw = ffmpeg("-i", file("preview.webm"), ..."-vf scale=16:16,format=yuv420p -f rawvideo pipe:1".split(" "));
    const lumas = Array.from({ length: raw.length / 384 }, (_, i) => raw[i * 384 + 128]!);
    return { ...preview, lumas, times: [...new Set(lumas.map((luma) => Math.round((luma - 40) / 2)))] };
  } finally {
    proxy.close();
  }
}

/** The middle of each eighth of a video. */
const eighths = (seconds: number): number[] => Array.from({ length: 8 }, (_, i) => ((i + 0.5) * seconds) / 8);

/** Each of these times is shown, within a second, and in their order. */
function expectTimes({ times }: Shown, expected: readonly number[]): void {
  const near = expected.map((time) => times.find((shown) => Math.abs(shown - time) <= 1.01));
  expect({ times, near: near.map((time) => time !== undefined) }).toEqual({ times, near: expected.map(() => true) });
  expect([...times].sort((a, b) => a - b)).toEqual(times);
}

describe("one picture, and its sound", () => {
  it.each([
    ["still.mp4", words("-c:a aac -b:a 24k")],
    ["still.mkv", words("-c:a aac -b:a 24k")],
    ["still.webm", words("-c:v libvpx-vp9 -deadline realtime -c:a libopus")],
  ])("%s shows that picture", async (name, codecs) => {
    ffmpeg(...grey(60, "1/60"), ...tone(60), ...words("-t 60"), ...(name === "still.webm" ? [] : h264), ...codecs, file(name));
    const shown = await show(name);
    expect(shown).toMatchObject({ note: undefined, times: [0] });
    expect(shown.frames).toBeGreaterThan(0);
  });

  it("a slide show shows each slide, the first too", async () => {
    ffmpeg(...grey(60, "1/30"), ...h264, file("slides.mp4"));
    await expect(show("slides.mp4")).resolves.toMatchObject({ times: [0, 30], frames: 40, note: undefined });
  });
});

describe("less than the header says", () => {
  it("pictures that end before the sound", async () => {
    ffmpeg(...grey(16), ...tone(60), ...h264, ...words("-g 10 -c:a aac -b:a 24k"), file("short.mkv"));
    const shown = await show("short.mkv");
    expectTimes(shown, eighths(16));
    expect(shown.note).toMatch(/^the file says 60\.\d s, and has pictures for 1[56]\.\d s$/);
  });

  it.each([
    ["broken.mkv", h264],
    ["broken.mp4", [...h264, ...words("-movflags +faststart")]],
  ])("a file that broke off: %s", async (name, codec) => {
    ffmpeg(...grey(60, 10, 0, "320x240"), ...words("-vf noise=alls=8:allf=t"), ...codec, ...words("-g 10"), file(`whole-${name}`));
    cut(`whole-${name}`, name, 0.4);
    const shown = await show(name);
    const [, has] = /^the file says 60\.\d s, and has pictures for ([\d.]+) s$/.exec(shown.note ?? "") ?? [];
    expect(Number(has)).toBeGreaterThan(10);
    expect(Number(has)).toBeLessThan(50);
    expectTimes(shown, eighths(Number(has)));
  });

  it("a broken AVI file, whose length ffmpeg itself takes from the file's size", async () => {
    ffmpeg(...grey(60, 10, 0, "320x240"), ...words("-vf noise=alls=8:allf=t -c:v mpeg4 -q:v 2 -g 10"), file("whole.avi"));
    cut("whole.avi", "broken.avi", 0.4);
    expectTimes(await show("broken.avi"), eighths(24));
  });

  it("no picture at all fails, with the reason", async () => {
    ffmpeg(...tone(6), ...words("-c:a aac"), file("sound.mp4"));
    await expect(show("sound.mp4")).rejects.toMatchObject({ code: 65, message: "sound.mp4 has no video stream that ffmpeg can decode." });
    writeFileSync(file("text.mp4"), "This is no video.\n".repeat(100));
    await expect(show("text.mp4")).rejects.toMatchObject({ code: 65 });
  });

  it("a playlist is refused: it could name the container's own files", async () => {
    writeFileSync(file("list.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n");
    await expect(show("list.m3u8")).rejects.toMatchObject({ message: expect.stringContaining("its format is none of a video") as string });
  });
});

describe("cameras and screens", () => {
  it.each([
    ["raw.mjpeg", words("-c:v mjpeg -q:v 2 -f mjpeg")],
    ["anim.png", words("-c:v apng -f apng")],
    ["raw.h264", [...h264, ...words("-g 10 -f h264")]],
  ])("%s, which has no length", async (name, codec) => {
    ffmpeg(...grey(24, 25), ...codec, file(name));
    const shown = await show(name);
    expectTimes(shown, eighths(24));
  });

  it("recordings whose clock jumps show all places once", async () => {
    const ts = (from: number, offset: number, name: string) =>
      ffmpeg(...grey(10, 10, from), ...h264, ...words(`-g 20 -output_ts_offset ${offset} -f mpegts`), file(name));
    ts(0, 3600, "late-first");
    ts(10, 0, "early-second");
    join2("jump-back.ts", "late-first", "early-second");
    expectTimes(await show("jump-back.ts"), eighths(20));
    ts(0, 0, "early-first");
    ts(10, 3600, "late-second");
    join2("jump-forward.ts", "early-first", "late-second");
    expectTimes(await show("jump-forward.ts"), eighths(20));
  });

  it("a recording whose picture changes its size shows both", async () => {
    ffmpeg(...grey(8), ...h264, ...words("-f mpegts"), file("small"));
    ffmpeg(...grey(8, 10, 8, "320x240"), ...h264, ...words("-output_ts_offset 8 -f mpegts"), file("large"));
    join2("resize.ts", "small", "large");
    expectTimes(await show("resize.ts"), eighths(16));
  });
});

describe("HDR", () => {
  it.each(["smpte2084", "arib-std-b67"])("%s looks like the same picture in SDR", async (transfer) => {
    const source = "-f lavfi -i color=0x808080:size=160x120:rate=10:duration=6".split(" ");
    ffmpeg(...source, ...h264, file("sdr.mp4"));
    const toHdr = [
      ...["format=yuv420p", "setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=tv", "zscale=t=linear:npl=203"],
      ...["format=gbrpf32le", `zscale=p=bt2020:t=${transfer}:m=bt2020nc:npl=203:r=limited`, "format=yuv420p10le"],
    ].join(",");
    const tags = `-color_primaries bt2020 -color_trc ${transfer} -colorspace bt2020nc`;
    ffmpeg(...source, "-vf", toHdr, ...words(`-c:v libx264 -preset ultrafast ${tags}`), file("hdr.mp4"));
    const [sdr, hdr] = [await show("sdr.mp4"), await show("hdr.mp4")];
    expect(hdr.frames).toBe(sdr.frames);
    expect(Math.abs(hdr.lumas[10]! - sdr.lumas[10]!)).toBeLessThanOrEqual(12);
  });
});
