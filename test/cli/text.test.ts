import { bar, SpeedMeter, pace, picture, secondsLeft, speedOf } from "../../cli/terminal/progress";
import { decide, fileFor } from "../../cli/commands/download";
import { table } from "../../cli/terminal/table";

const progress = (succeeded: number, failed = 0, total = 10) => ({ total, succeeded, failed, running: 0, waiting: [] });

describe("progress", () => {
  test.each([
    [progress(0), "[----------]   0 %"],
    [progress(5, 1), "[######----]  60 %"],
    [progress(999, 0, 1000), "[#########-]  99 %"],
    [progress(10), "[##########] 100 %"],
    [progress(0, 0, 0), "[##########] 100 %"],
  ])("the bar of %j is full only when all is done", (progress, text) => expect(bar(progress, 10)).toBe(text));

  test("speed and time left are measured over the last minutes", () => {
    const meter = new SpeedMeter();
    meter.add(0, 2);
    expect(meter.perMinute).toBeUndefined();
    meter.add(60_000, 2);
    expect(meter.perMinute).toBeUndefined();
    meter.add(120_000, 4);
    expect(meter.perMinute).toBe(1);
    for (let minute = 3; minute <= 20; minute++) meter.add(minute * 60_000, 4 + (minute - 2) * 10);
    expect(meter.perMinute).toBe(10);
    expect(secondsLeft(progress(5), 10)).toBe(30);
    expect(secondsLeft(progress(5), undefined)).toBeUndefined();
  });

  test("speed is known from the ends of tasks, too", () => {
    const minute = 60_000;
    expect(speedOf([9 * minute, 9.5 * minute, minute], 0, 10 * minute)).toBe(0.4);
    expect(speedOf([9 * minute, 9.5 * minute], 8 * minute, 10 * minute)).toBe(1);
    expect(speedOf([], 0, minute)).toBeUndefined();
  });

  test.each([
    [progress(1, 0, 100), 12.4, "12/min, done in about 8 min"],
    [progress(1), 1.25, "1.3/min, done in about 7 min 12 s"],
    [progress(1), 0.1, "6/h, done in about 1 h 30 min"],
    [progress(9), 60, "60/min, done in about 10 s"],
    [{ ...progress(9), waiting: [{ kind: "node" as const, reason: "NoPoolFits", message: "too large", pods: 1 }] }, 60, "60/min"],
    [progress(10), 5, ""],
    [progress(1), undefined, ""],
  ])("the pace of %j at %p is %j", (progress, perMinute, text) => expect(pace(progress, perMinute)).toBe(text));

  test("the picture has the bar, then what pods wait for, then the note", () => {
    const waiting = [{ kind: "node" as const, reason: "Unschedulable", message: "no room\nmore", pods: 2 }];
    expect(picture({ ...progress(3, 1), running: 2, waiting }, undefined, "the API server is away")).toEqual([
      "[############------------------]  40 %  4/10 tasks, 1 failed, 2 running",
      "  2 pods wait for a node: no room more",
      "  the API server is away",
    ]);
  });
});

test("tables line up, numbers to the right, and leave empty columns out", () => {
  const rows = [
    ["a", 1, undefined, "x"],
    ["long", 10, undefined, ""],
  ];
  expect(table(["name", "n", "none", "end"], rows)).toBe("name   n  end\na      1  x\nlong  10");
});

describe("download", () => {
  const object = { key: "a", etag: "e", bytes: 3, modified: "2026-01-01T00:00:10.500Z" };
  const at = (seconds: number, bytes = 3) => ({ bytes, modified: Date.parse("2026-01-01T00:00:00Z") + seconds * 1000 });
  test.each([
    ["no file", undefined, false, "download"],
    ["the same", at(10), false, "present"],
    ["the same, forced", at(10), true, "present"],
    ["of another size", at(10, 4), false, "download"],
    ["older", at(9), false, "download"],
    ["newer", at(12), false, "kept"],
    ["newer, forced", at(12), true, "download"],
  ] as const)("%s", (_name, local, force, decision) => expect(decide(local, object, force)).toBe(decision));

  test("no key leads out of the folder", () => {
    expect(fileFor("/out", "a/b.txt")).toBe("/out/a/b.txt");
    for (const key of ["../a", "a/../../b", "/etc/passwd", "a//b", "a/./b", "a\\..\\b", "a/\0"])
      expect(fileFor("/out", key)).toBeUndefined();
  });
});
