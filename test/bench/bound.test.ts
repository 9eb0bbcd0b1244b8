import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeDuration, less, medianDuration, timeUpTo, untilBound } from "../../bench/batch/bound";

const place = { cwd: "/", env: process.env };
const node = (script: string): [string, string[]] => [process.execPath, ["-e", script]];

describe("a command with a bound", () => {
  test("that ends before it is timed", async () => {
    const { seconds, ended } = await timeUpTo(60, ...node("setTimeout(() => undefined, 50)"), place);
    expect(ended).toBe(true);
    expect(seconds).toBeGreaterThan(0.05);
    expect(seconds).toBeLessThan(60);
  });

  test("that takes longer is told to end, and what it took is at least the bound", async () => {
    const { seconds, ended } = await timeUpTo(0.5, ...node("setInterval(() => undefined, 1000)"), place);
    expect(ended).toBe(false);
    expect(seconds).toBeGreaterThanOrEqual(0.49);
  });

  test("that does not end when told to is killed, with what it started", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bound-"));
    // A shell starts at once, on a machine with much to do as well. What it starts ignores the signal, too.
    const stubborn = ["-c", "trap '' INT; sleep 60 & echo $! >pid; wait"];
    const { ended } = await timeUpTo(2, "sh", stubborn, { cwd: folder, env: process.env, grace: 0.5 });
    expect(ended).toBe(false);
    const pid = readFileSync(join(folder, "pid"), "utf8").trim();
    rmSync(folder, { recursive: true });
    // Nobody may have asked yet how it ended.
    const runs = (): boolean => {
      try {
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      } catch {
        return false;
      }
    };
    expect((await untilBound(5, () => Promise.resolve(!runs()))).ended).toBe(true);
  }, 30_000);

  test("that fails is an error, with what it said", async () => {
    await expect(timeUpTo(60, ...node("console.log('out of stock'); process.exitCode = 3"), place)).rejects.toThrow(
      /exit status 3\n[^]*out of stock/,
    );
    await expect(timeUpTo(60, "no-such-command", [], place)).rejects.toThrow("ENOENT");
  });
});

test("what does not come is given up at the bound; an error is none of that", async () => {
  expect((await untilBound(0.05, () => Promise.resolve(false))).ended).toBe(false);
  let calls = 0;
  expect((await untilBound(60, () => Promise.resolve(++calls === 3))).ended).toBe(true);
  await expect(untilBound(60, () => Promise.reject(new Error("no API server")))).rejects.toThrow("no API server");
});

test("a median is at least what it is where one was cut off; a net time stays what it was", () => {
  const cut = { seconds: 60, ended: false };
  expect(medianDuration([{ seconds: 10, ended: true }, { seconds: 20, ended: true }, cut])).toEqual({ seconds: 20, ended: false });
  expect(less(cut, 4)).toEqual({ seconds: 56, ended: false });
  expect([describeDuration(cut), describeDuration({ seconds: 1.25, ended: true })]).toEqual(["at least 60.0 s", "1.3 s"]);
});
