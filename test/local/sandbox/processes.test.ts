import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Locks } from "../../../local/sandbox/lock";
import { bound, prune, rotate } from "../../../local/sandbox/logs";
import { type ProcessIdentity, isAlive, readIdentity, recordBoot, sameBoot, signal, startTime } from "../../../local/lib/proc";
import { waitUntil } from "../../../local/lib/wait";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "sandbox-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const self: ProcessIdentity = { pid: process.pid, start: startTime(process.pid) ?? "" };

describe("a process", () => {
  test("is known by its id and start time together", () => {
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, start: "1" })).toBe(false);
    expect(isAlive(undefined)).toBe(false);
  });

  test("is gone once it is killed; a signal to it is no error then", async () => {
    // A name with a parenthesis and a space must not confuse the reading of /proc.
    const child = spawn("bash", ["-c", `cp "$(command -v sleep)" '${folder}/a) b' && exec '${folder}/a) b' 100`]);
    await waitUntil(() => existsSync(join(folder, "a) b")), 5_000);
    const identity = { pid: child.pid!, start: startTime(child.pid!)! };
    expect(isAlive(identity)).toBe(true);
    signal(identity, "SIGKILL");
    await once(child, "exit");
    expect(isAlive(identity)).toBe(false);
    signal(identity, "SIGKILL");
  });

  test("is read from its record; a broken or missing record is none", () => {
    const file = join(folder, "record");
    expect(readIdentity(file)).toBeUndefined();
    writeFileSync(file, "12");
    expect(readIdentity(file)).toBeUndefined();
    writeFileSync(file, "12 3456\n");
    expect(readIdentity(file)).toEqual({ pid: 12, start: "3456" });
  });

  test("records of another boot are told apart", () => {
    const file = join(folder, "boot");
    expect(sameBoot(file)).toBe(false);
    recordBoot(file);
    expect(sameBoot(file)).toBe(true);
    writeFileSync(file, "another");
    expect(sameBoot(file)).toBe(false);
  });
});

describe("claims of checkouts", () => {
  const claim = { work: "/a", nodeCidr: "10.250.0.0/24", apiPort: 18080, s3Port: 18081, holder: self };

  test("stand in each other's way by range or port, and the owner is named", () => {
    const locks = new Locks(join(folder, "locks"));
    locks.put("mks-a", claim);
    expect(locks.conflicts("mks-a", claim)).toEqual([]);
    expect(locks.conflicts("mks-b", { work: "/b", nodeCidr: "10.251.0.0/24", apiPort: 1, s3Port: 2 })).toEqual([]);
    const [conflict] = locks.conflicts("mks-b", { work: "/b", nodeCidr: "10.250.0.128/25", apiPort: 1, s3Port: 18081 });
    expect(conflict).toMatch(/^nodeCidr \(10\.250\.0\.128\/25\), s3Port \(18081\): taken by the local cloud in \/a\./);
  });

  test("of a dead process are forgotten, and the last removal leaves no folder", () => {
    const locks = new Locks(join(folder, "locks"));
    locks.put("mks-a", { ...claim, holder: { ...self, start: "1" } });
    locks.put("mks-b", claim);
    expect(locks.conflicts("mks-b", claim)).toEqual([]);
    expect(existsSync(join(folder, "locks", "mks-a.json"))).toBe(false);
    locks.remove("mks-b");
    expect(existsSync(join(folder, "locks"))).toBe(false);
  });
});

describe("logs", () => {
  const mebibyte = "x".repeat(1024 ** 2);
  const grow = (file: string, size: number): void => {
    for (let i = 0; i < size; i++) appendFileSync(file, mebibyte);
  };

  test("a long one is put aside at a start and emptied while it is written; a short one stays", () => {
    const file = join(folder, "a.log");
    rotate(file);
    bound(file);
    expect(existsSync(file)).toBe(false);
    grow(file, 20);
    bound(file);
    expect(statSync(file).size).toBe(20 * 1024 ** 2);
    rotate(file);
    expect(existsSync(`${file}.1`)).toBe(false);
    grow(file, 1);
    rotate(file);
    expect(existsSync(file)).toBe(false);
    expect(statSync(`${file}.1`).size).toBe(21 * 1024 ** 2);
    grow(file, 21);
    bound(file);
    expect(readFileSync(file, "utf8")).toBe("");
  });

  test("those of days ago are deleted", () => {
    const old = join(folder, "old.log");
    writeFileSync(old, "");
    utimesSync(old, new Date(), Date.now() / 1000 - 4 * 86_400);
    writeFileSync(join(folder, "new.log"), "");
    prune(folder);
    expect([existsSync(old), existsSync(join(folder, "new.log"))]).toEqual([false, true]);
  });
});

describe("waiting", () => {
  test("ends with the condition, with the time, or with an abort", async () => {
    let calls = 0;
    expect(await waitUntil(() => ++calls === 3, 1_000, 1)).toBe(true);
    expect(await waitUntil(() => false, 20, 1)).toBe(false);
    const abort = new AbortController();
    const waiting = waitUntil(() => false, 60_000, 1_000, abort.signal);
    abort.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow();
  });
});
