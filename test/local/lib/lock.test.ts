import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../../local/lib/lock";

describe("withLock", () => {
  const folder = mkdtempSync(join(tmpdir(), "lock-test-"));
  const file = join(folder, "nested", "lock");

  afterAll(() => rmSync(folder, { recursive: true }));

  test("lets one at a time work, and answers what the work answers", async () => {
    let working = 0;
    let most = 0;
    const work = async (): Promise<number> => {
      most = Math.max(most, ++working);
      await sleep(50);
      return working--;
    };
    expect(await Promise.all([1, 2, 3].map(() => withLock(file, work)))).toEqual([1, 1, 1]);
    expect(most).toBe(1);
  });

  test("is free again after a failure", async () => {
    await expect(withLock(file, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(withLock(file, () => Promise.resolve("fine"))).resolves.toBe("fine");
  });

  test("says that it waits, and goes on once a killed holder is gone", async () => {
    const program = `require("tsx/cjs"); require("./local/lib/lock").withLock(${JSON.stringify(file)}, () => { console.log("held"); return new Promise(() => setInterval(() => {}, 1000)); })`;
    const holder = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    const waited = jest.fn(() => holder.kill("SIGKILL"));
    await expect(withLock(file, () => Promise.resolve("mine"), waited)).resolves.toBe("mine");
    expect(waited).toHaveBeenCalledTimes(1);
  });

  test("reports a place where there can be no lock", async () => {
    await expect(withLock(join(file, "below"), () => Promise.resolve())).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});
