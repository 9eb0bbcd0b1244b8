import { frameCount, planSnippets, previewSize } from "../../../images/thumbnail/src/plan";
import { parseRange } from "../../../images/thumbnail/src/range";
import { type Probed, readProbe } from "../../../images/thumbnail/src/probe";
import { reasonOf } from "../../../images/thumbnail/src/reason";
import { readPackets } from "../../../images/thumbnail/src/scan";
import { readPiece, soughtPiece } from "../../../images/thumbnail/src/decode";
import { readSettings } from "../../../images/thumbnail/src/settings";

describe("snippets", () => {
  test("are spread evenly over the video, each in the middle of its share", () => {
    const snippets = planSnippets(80, 4);
    expect(snippets).toHaveLength(8);
    expect(snippets.map(({ start }) => start)).toEqual([4.75, 14.75, 24.75, 34.75, 44.75, 54.75, 64.75, 74.75]);
    expect(snippets.every(({ length }) => length === 0.5)).toBe(true);
  });

  test.each([0.04, 0.4, 3.9, 4])("a video of %d s is taken whole", (length) =>
    expect(planSnippets(length, 4)).toEqual([{ start: 0, length }]),
  );

  test("of a video of unknown length there is one, its beginning", () =>
    expect(planSnippets(undefined, 4)).toEqual([{ start: 0, length: 4 }]));

  test.each([
    [0.3, 1],
    [1, 2],
    [10, 8],
  ])("a preview of %d s has %d, none too short to be seen", (preview, count) => expect(planSnippets(600, preview)).toHaveLength(count));

  test.each([4.01, 5, 60, 7200])("never overlap nor leave a video of %d s", (length) => {
    const snippets = planSnippets(length, 4);
    snippets.forEach(({ start }, i) =>
      expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : snippets[i - 1]!.start + snippets[i - 1]!.length - 1e-9),
    );
    const last = snippets.at(-1)!;
    expect(last.start + last.length).toBeLessThanOrEqual(length);
    expect(snippets.reduce((sum, snippet) => sum + snippet.length, 0)).toBeCloseTo(4);
  });

  test("have at least one frame", () => {
    expect(frameCount({ start: 0, length: 0.5 }, 10)).toBe(5);
    expect(frameCount({ start: 0, length: 0.01 }, 10)).toBe(1);
  });
});

describe("the preview's size", () => {
  const shape = { width: 1920, height: 1080, pixelAspect: 1, rotation: 0 };

  test.each([
    ["wide", shape, 320, 180],
    ["vertical", { ...shape, width: 1080, height: 1920 }, 320, 568],
    ["turned by a phone", { ...shape, rotation: -90 }, 320, 568],
    ["upside down", { ...shape, rotation: 180 }, 320, 180],
    ["of oblong pixels", { ...shape, width: 720, height: 576, pixelAspect: 64 / 45 }, 320, 180],
    ["a line", { ...shape, width: 2000, height: 2 }, 320, 2],
    ["a strip", { ...shape, width: 2, height: 10_000 }, 320, 1280],
  ])("of a video that is %s", (_name, of, width, height) => expect(previewSize(of, 320)).toEqual({ width, height }));

  test("is even, as VP9's 4:2:0 wants", () =>
    expect(previewSize({ ...shape, width: 333, height: 777 }, 101)).toEqual({ width: 102, height: 236 }));
});

describe("ranges", () => {
  test.each([
    [undefined, undefined],
    ["bytes=0-", { start: 0, end: 99 }],
    ["bytes=10-19", { start: 10, end: 19 }],
    ["bytes=90-1000", { start: 90, end: 99 }],
    ["bytes=-5", { start: 95, end: 99 }],
    ["bytes=-500", { start: 0, end: 99 }],
    ["bytes=99-99", { start: 99, end: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=20-10", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["items=0-1", undefined],
  ])("%s of 100 bytes", (header, expected) => expect(parseRange(header, 100)).toEqual(expected));
});

describe("reasons", () => {
  test.each([
    [
      "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55fb8bc79a40] moov atom not found\nhttp://127.0.0.1:4/x: Invalid data found when processing input\n",
      "moov atom not found",
    ],
    ["http://127.0.0.1:4711/abc: Invalid data found when processing input\n", "Invalid data found when processing input"],
    [
      "[in#0 @ 0x5] Error opening input: Invalid data found when processing input\nError opening input file http://127.0.0.1:4/x.\n",
      "Invalid data found when processing input",
    ],
    ["[http @ 0x1] HTTP error 404\n[h264 @ 0x2] no frame!\n", "no frame!"],
    ["", ""],
  ])("are the part's own words, without addresses: %j", (stderr, reason) => expect(reasonOf(stderr)).toBe(reason));

  test("are short", () => expect(reasonOf("x".repeat(5000))).toHaveLength(200));
});

describe("what ffprobe finds", () => {
  const stream = { index: 0, codec_type: "video", codec_name: "h264", width: 640, height: 360 };
  const found = (...streams: Probed["streams"] & object) => readProbe({ streams, format: { format_name: "mov", duration: "10.5" } });

  test("is the first video stream that is no cover art", () => {
    const cover = { ...stream, index: 1, disposition: { attached_pic: 1 } };
    expect(found({ index: 0, codec_type: "audio" }, cover, { ...stream, index: 2 })).toMatchObject({
      stream: 2,
      length: 10.5,
      format: "h264 in mov",
    });
    expect(found({ index: 0, codec_type: "audio" }, cover)).toBeUndefined();
    expect(readProbe({})).toBeUndefined();
  });

  test("prefers the stream's own length to that of the file, whose sound may be longer", () => {
    expect(found({ ...stream, duration: "9.9" })?.length).toBe(9.9);
    expect(readProbe({ streams: [stream], format: { duration: "N/A" } })?.length).toBeUndefined();
  });

  test("tells HDR, and formats without an index", () => {
    expect(found({ ...stream, color_transfer: "smpte2084" })).toMatchObject({ hdr: "smpte2084", unindexed: false });
    expect(found({ ...stream, color_transfer: "bt709" })?.hdr).toBeUndefined();
    expect(readProbe({ streams: [stream], format: { format_name: "mpegts" } })?.unindexed).toBe(true);
  });

  test("has the shape of its pixels and its rotation", () => {
    expect(found({ ...stream, sample_aspect_ratio: "64:45", side_data_list: [{}, { rotation: -90 }] })?.shape).toEqual({
      width: 640,
      height: 360,
      pixelAspect: 64 / 45,
      rotation: -90,
    });
    expect(found({ ...stream, sample_aspect_ratio: "0:1" })?.shape.pixelAspect).toBe(1);
  });
});

describe("what the packets tell", () => {
  const packets = (lines: string[], jump = 10) => readPackets(lines, jump);

  test("is the time from the first to the last one", async () => {
    expect(await packets(["1.5,1.5,K__", "2.0,1.75,___", "1.75,2.0,___", "31.5,31.5,K__"], Infinity)).toEqual({ length: 30, keyFrames: 2 });
  });

  test("is without the time over which the clock jumps, forward or back", async () => {
    const times = [1, 2, 3, 3600, 3601, 5, 6];
    expect((await packets(times.map((time) => `${time},${time},K__`))).length).toBe(4);
  });

  test("is a count of frames where there is no clock", async () => {
    expect((await packets(Array<string>(51).fill("N/A,N/A,K__"))).length).toBeCloseTo(2);
  });

  test("is nothing without packets, or with one", async () => {
    expect(await packets([])).toEqual({ length: undefined, keyFrames: 0 });
    expect(await packets(["0.0,0.0,K__"])).toEqual({ length: undefined, keyFrames: 1 });
  });
});

describe("what a decoder reads", () => {
  test("a snippet begins with the picture that is on the screen, from the key frame before it", () => {
    expect(soughtPiece({ start: 3.5, length: 0.5 }, 10)).toMatchObject({ args: ["-noaccurate_seek", "-ss", "3.500"], frames: 5 });
    expect(soughtPiece({ start: 0, length: 4 }, 10)).toMatchObject({ args: [], choose: "fps=10:start_time=0:round=up", frames: 40 });
  });

  test("all snippets come from one reading where seeks are of no use", () => {
    const snippets = [1, 2].map((start) => ({ start, length: 0.5 }));
    const choose = "fps=10:round=up,select='gte(t,1.000)*lt(t,1.500)+gte(t,2.000)*lt(t,2.500)'";
    expect(readPiece(snippets, 10, false)).toMatchObject({ args: [], choose, frames: 10 });
    expect(readPiece(snippets, 10, true).args).toEqual(["-skip_frame", "nokey"]);
  });
});

describe("settings", () => {
  const environment = { INPUT: "a", OUTPUT: "b", S3_BUCKET: "c", AWS_ACCESS_KEY_ID: "d", AWS_SECRET_ACCESS_KEY: "hush", AWS_REGION: "gra" };

  test("have defaults", () => expect(readSettings(environment)).toMatchObject({ WIDTH: 320, DURATION: 4, QUALITY: 40, FPS: 10 }));

  test("come as text", () =>
    expect(readSettings({ ...environment, WIDTH: "640", DURATION: "2.5" })).toMatchObject({ WIDTH: 640, DURATION: 2.5 }));

  test("are checked all at once, and values are not shown", () => {
    const wrong = { ...environment, INPUT: undefined, OUTPUT: "", WIDTH: "20.5", DURATION: "x", QUALITY: "64", AWS_ENDPOINT_URL: "hush" };
    const fault = (): unknown => readSettings(wrong);
    expect(fault).toThrow(
      "The environment is not valid: INPUT is not set; OUTPUT is empty; WIDTH must be a whole number from 16 to 1920; DURATION must be a number from 0.1 to 60; QUALITY must be a whole number from 0 to 63; AWS_ENDPOINT_URL must be a URL.",
    );
    expect(fault).toThrow(expect.objectContaining({ code: 64 }) as Error);
  });
});
