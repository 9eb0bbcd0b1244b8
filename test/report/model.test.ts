import { type TaskRecord } from "../../batch/records";
import { isDrawn } from "../../report/bars";
import { Clock, mergeStretches } from "../../report/clock";
import { histogramOf } from "../../report/histogram";
import { modelOf } from "../../report/model";
import { nodeSeries, runningSeries, waitingSeries } from "../../report/series";
import { pack } from "../../report/timeline";
import { sampleRecords } from "./sample";

const now = new Date("2026-11-21T00:00:00Z");

/** A task with attempts of these [start, end, exit code], on one node. */
function record(
  name: string,
  attempts: readonly (readonly [string | undefined, string | undefined, number?])[],
  more: Partial<TaskRecord> = {},
): TaskRecord {
  return {
    name,
    fingerprint: name,
    status: attempts.at(-1)?.[2] ? "failed" : "succeeded",
    attempts: attempts.map(([start, end, exitCode = 0], i) => ({ pod: `${name}-${i}`, node: "node-1", start, end, exitCode })),
    outputs: [],
    job: { name: "job", uid: "job", index: 0 },
    ...more,
  };
}

describe("totals", () => {
  it("have the time in which an attempt hung whose end nobody saw", () => {
    const hung = record("hung", [
      ["2026-11-20T10:00:00Z", undefined, 137],
      ["2026-11-20T10:20:00Z", "2026-11-20T10:21:00Z"],
    ]);
    const { totals, undrawn } = modelOf({ records: [hung], now });
    expect(totals).toMatchObject({ makespan: 21 * 60, taskSeconds: 60 });
    expect(undrawn).toBe(1);
  });

  it("agree with the records, and with each other", () => {
    const records = sampleRecords({ tasks: 300, failing: 0.2 });
    const { totals, bars, nodes, undrawn } = modelOf({ records, unfinished: ["a", "b"], now });
    expect(totals.tasks).toBe(302);
    expect(totals.succeeded + totals.failed + totals.unfinished).toBe(totals.tasks);
    expect(totals.failed).toBe(records.filter(({ status }) => status === "failed").length);
    expect(totals.failed).toBeGreaterThan(0);
    expect(totals.attempts).toBe(records.reduce((sum, { attempts }) => sum + attempts.length, 0));
    expect(totals.retries).toBe(totals.attempts - records.length);
    expect(nodes.reduce((sum, node) => sum + node.bars.length, undrawn)).toBe(totals.attempts);
    expect(bars.filter(({ outcome }) => outcome === "failed")).toHaveLength(totals.failed);
    expect(bars.filter(({ outcome }) => outcome === "retried")).toHaveLength(totals.retries);
    const seconds = records
      .flatMap(({ attempts }) => attempts)
      .reduce((sum, { start, end }) => sum + (Date.parse(end!) - Date.parse(start!)) / 1000, 0);
    expect(totals.taskSeconds).toBeCloseTo(seconds, 3);
    expect(totals.perHour! * totals.makespan).toBeCloseTo(300 * 3600, 3);
  });

  it("read times of any zone", () => {
    const { totals, clock } = modelOf({
      records: [
        record("a", [["2026-11-20T12:00:00+02:00", "2026-11-20T11:00:00Z"]]),
        record("b", [["2026-11-20T05:00:00-05:30", "2026-11-20T10:30:05Z"]]),
      ],
      now,
    });
    expect(clock.runs).toEqual([{ from: Date.parse("2026-11-20T10:00:00Z"), to: Date.parse("2026-11-20T11:00:00Z") }]);
    expect(totals).toMatchObject({ makespan: 3600, taskSeconds: 3605 });
  });

  it("of a Job without tasks are zero", () => {
    const { totals, clock, nodes, cost } = modelOf({ records: [], now });
    expect(totals).toEqual({
      tasks: 0,
      succeeded: 0,
      failed: 0,
      unfinished: 0,
      skipped: 0,
      attempts: 0,
      retries: 0,
      makespan: 0,
      taskSeconds: 0,
    });
    expect([clock.runs, nodes]).toEqual([[], []]);
    expect(cost).toEqual({ nodeHours: 0, billing: "perSecond", idle: undefined });
  });

  it("leave the time between runs out, and count the tasks that ended in earlier ones", () => {
    const other = (uid: string) => ({ job: { name: uid, uid, index: 0 } });
    const records = [
      record("a", [["2026-11-01T00:00:00Z", "2026-11-01T00:01:00Z"]], other("first")),
      record("b", [["2026-11-08T00:00:00Z", "2026-11-08T00:02:00Z"]], other("second")),
      // A Job right after it belongs to the same run.
      record("c", [["2026-11-08T00:03:00Z", "2026-11-08T00:04:00Z"]], other("third")),
    ];
    const { totals, clock } = modelOf({ records, now });
    expect(totals).toMatchObject({ makespan: 300, skipped: 1 });
    expect(clock.cuts).toEqual([0.2]);
  });

  it("keep a wait within a Job, however long", () => {
    const { totals } = modelOf({
      records: [
        record("a", [["2026-11-01T00:00:00Z", "2026-11-01T00:01:00Z"]]),
        record("b", [["2026-11-02T00:00:00Z", "2026-11-02T00:01:00Z"]]),
      ],
      now,
    });
    expect(totals).toMatchObject({ makespan: 86_460, skipped: 0 });
  });

  it("bill the time itself where nodes are billed by the second", () => {
    const records = [record("a", [["2026-11-01T10:50:00Z", "2026-11-01T11:20:00Z"]])];
    expect(modelOf({ records, billing: "perSecond", now }).cost).toEqual({ nodeHours: 0.5, billing: "perSecond", idle: 0 });
  });

  it("bill commenced clock hours and tell the idle share", () => {
    const { cost } = modelOf({ records: [record("a", [["2026-11-01T10:50:00Z", "2026-11-01T11:10:00Z"]])], billing: "hourly", now });
    expect(cost.nodeHours).toBe(2);
    expect(cost.idle).toBeCloseTo(1 - 20 / 120, 6);
    const given = { nodeHours: 3, amount: 0.3, currency: "EUR" };
    expect(modelOf({ records: [], cost: given, now }).cost).toMatchObject(given);
  });
});

describe("attempts", () => {
  it("without times or a node are counted as not drawn", () => {
    const records = [
      record("a", [
        [undefined, undefined, 1],
        ["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z"],
      ]),
      record("b", [["no time", "2026-11-20T12:00:01Z", 1]]),
    ];
    const model = modelOf({ records, now });
    expect(model.undrawn).toBe(2);
    expect(model.totals).toMatchObject({ attempts: 3, retries: 1, failed: 1 });
  });

  it("never end before they begin, as clocks of machines differ", () => {
    const model = modelOf({ records: [record("a", [["2026-11-20T12:00:05Z", "2026-11-20T12:00:00Z"]])], now });
    expect(model.totals).toMatchObject({ taskSeconds: 0, makespan: 0 });
    expect(nodeSeries(model).points.every(({ value }) => value >= 0)).toBe(true);
  });

  it("of a node are in rows without overlaps, each once", () => {
    const { nodes } = modelOf({ records: sampleRecords({ tasks: 400, nodes: 5, slots: 6 }), now });
    expect(nodes).toHaveLength(5);
    for (const node of nodes) {
      const rows = pack(node.bars);
      expect(rows).toHaveLength(6);
      expect(new Set(rows.flat()).size).toBe(node.bars.length);
      for (const bars of rows) bars.slice(1).forEach((bar, i) => expect(bar.start).toBeGreaterThanOrEqual(bars[i]!.end!));
    }
  });

  it("that nobody saw succeed do not make a task's last known failure a success", () => {
    const { bars } = modelOf({
      records: [record("a", [["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z", 1]], { status: "succeeded" })],
      now,
    });
    expect(bars.map(({ outcome }) => outcome)).toEqual(["retried"]);
  });
});

describe("failures", () => {
  it("are grouped by reason, the most frequent first, and none is lost", () => {
    const failed = (i: number, reason: string) => ({ ...record(`t${i}`, [["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z", 3]]), reason });
    const records = Array.from({ length: 100 }, (_, i) => failed(i, i < 40 ? `only task ${i}` : "disk full"));
    const { groups, otherTasks } = modelOf({ records, now }).failures;
    expect(groups[0]).toMatchObject({ reason: "disk full", count: 60 });
    expect(groups[0]!.tasks).toHaveLength(5);
    expect(groups.reduce((sum, { count }) => sum + count, otherTasks)).toBe(100);
  });

  it("without a reason are told by their exit code", () => {
    const { groups } = modelOf({
      records: [record("a", [["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z", 3]], { exitCode: 3 })],
      now,
    }).failures;
    expect(groups.map(({ reason }) => reason)).toEqual(["Exit code 3"]);
  });
});

describe("series", () => {
  const model = modelOf({ records: sampleRecords({ tasks: 200, nodes: 12, slots: 4, failing: 0.1 }), now });

  it("begin and end with nothing, and never fall below", () => {
    for (const seriesOf of [nodeSeries, runningSeries, waitingSeries]) {
      const { points, peak } = seriesOf(model);
      expect(points.at(-1)!.value).toBe(0);
      expect(points.every(({ at, value }) => value >= 0 && value <= peak && at >= 0 && at <= 1)).toBe(true);
      points.slice(1).forEach(({ at }, i) => expect(at).toBeGreaterThanOrEqual(points[i]!.at));
    }
  });

  it("have the task-seconds as their area", () => {
    const { mean } = runningSeries(model);
    expect(mean * model.clock.total).toBeCloseTo(model.totals.taskSeconds, 3);
    expect(nodeSeries(model).peak).toBe(12);
    expect(runningSeries(model).peak).toBe(48);
  });

  it("keep their peaks when they are made coarser", () => {
    const large = modelOf({ records: sampleRecords({ tasks: 5000, nodes: 20 }), now });
    const { points, peak } = runningSeries(large);
    expect(points.length).toBeLessThanOrEqual(601);
    expect(Math.max(...points.map(({ value }) => value))).toBe(peak);
  });

  it("count a task as waiting until its first attempt, and between attempts", () => {
    const at = (second: number) => `2026-11-20T12:00:${String(second).padStart(2, "0")}Z`;
    const small = modelOf({
      records: [
        record("a", [[at(0), at(10)]]),
        record("b", [
          [at(4), at(6), 1],
          [at(8), at(10)],
        ]),
      ],
      now,
    });
    expect(waitingSeries(small).points).toEqual([
      { at: 0, value: 1 },
      { at: 0.4, value: 0 },
      { at: 0.6, value: 1 },
      { at: 0.8, value: 0 },
    ]);
  });
});

describe("durations", () => {
  it("are counted once a task", () => {
    const { bars } = modelOf({ records: sampleRecords({ tasks: 500, failing: 0.2 }), now });
    const { bins, median, p95, longest } = histogramOf(bars)!;
    expect(bins.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0)).toBe(500);
    expect(bins.length).toBeLessThanOrEqual(51);
    expect(median).toBeLessThanOrEqual(p95);
    expect(isDrawn(longest)).toBe(true);
  });

  it("that are far longer than most share the last bin", () => {
    const at = (seconds: number) => new Date(Date.parse("2026-11-20T12:00:00Z") + seconds * 1000).toISOString();
    const { bars } = modelOf({ records: Array.from({ length: 100 }, (_, i) => record(`t${i}`, [[at(0), at(i < 99 ? 5 : 50_000)]])), now });
    const { bins } = histogramOf(bars)!;
    expect(bins.length).toBeLessThanOrEqual(51);
    expect(bins.at(-1)).toMatchObject({ to: Infinity, succeeded: 1 });
  });
});

describe("time axis", () => {
  it("is continuous and grows", () => {
    const clock = new Clock(
      mergeStretches([
        { from: 5_000_000, to: 5_010_000 },
        { from: 0, to: 10_000 },
        { from: 4_000, to: 20_000 },
      ]),
    );
    expect(clock.total).toBe(30);
    expect([0, 10_000, 20_000, 1_000_000, 5_000_000, 5_005_000, 5_010_000, 9_000_000].map((time) => clock.elapsed(time))).toEqual([
      0, 10, 20, 20, 20, 25, 30, 30,
    ]);
  });

  it.each([0.4, 3, 59, 61, 3599, 5 * 3600, 86_400, 40 * 86_400])("has at most five labels in %d s, all on it", (total) => {
    const { ticks } = new Clock([{ from: 0, to: total * 1000 }]);
    expect(ticks.length).toBeLessThanOrEqual(5);
    expect(ticks.every((tick) => tick <= total)).toBe(true);
  });
});
