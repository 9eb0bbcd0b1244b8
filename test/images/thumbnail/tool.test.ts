import { text } from "node:stream/consumers";
import { startTool } from "../../../images/thumbnail/src/tool";

// Node.js itself stands for ffmpeg: what matters here is the process, not the video.
const node = (script: string, seconds = 10, signal = new AbortController().signal) =>
  startTool(process.execPath, ["-e", script], seconds, signal);

test("a tool's output, exit code and error text come back", async () => {
  const tool = node("console.log('out'); console.error('err'); process.exitCode = 3");
  expect(await text(tool.stdout)).toBe("out\n");
  expect(await tool.ended).toEqual({ code: 3, stderr: "err\n" });
});

test("a tool sees no environment but PATH, so no credentials", async () => {
  process.env.AWS_SECRET_ACCESS_KEY = "hush";
  try {
    expect(JSON.parse(await text(node("console.log(JSON.stringify(Object.keys(process.env)))").stdout))).toEqual(["PATH"]);
  } finally {
    delete process.env.AWS_SECRET_ACCESS_KEY;
  }
});

test("error text is cut", async () => {
  expect((await node("console.error('x'.repeat(100_000))").ended).stderr).toHaveLength(16 * 1024);
});

test("a tool that runs too long is killed", async () => {
  await expect(node("setInterval(() => {}, 1000)", 0.2).ended).rejects.toMatchObject({
    code: 69,
    message: expect.stringContaining("did not end within 0.2 s") as string,
  });
});

test("an abort kills the tool", async () => {
  const stop = new AbortController();
  const tool = node("setInterval(() => {}, 1000)", 60, stop.signal);
  stop.abort();
  await expect(tool.ended).rejects.toThrow();
});

test("a tool that is not installed is named", async () => {
  await expect(startTool("no-such-tool", [], 1, new AbortController().signal).ended).rejects.toMatchObject({
    code: 70,
    message: expect.stringContaining("no-such-tool could not be run") as string,
  });
});
