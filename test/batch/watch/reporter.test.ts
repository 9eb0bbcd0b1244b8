import { createReporter, type Progress } from "../../../batch";
import { progressLine } from "../../../batch/watch/reporter";

const progress = (values: Partial<Progress> = {}): Progress => ({ total: 9, succeeded: 0, failed: 0, running: 0, waiting: [], ...values });

describe("a line of progress", () => {
  test("tells what is done, failed, running and waiting, and why", () => {
    const waiting = [
      { kind: "node", reason: "Unschedulable", message: "0/1 nodes are available\nmore", pods: 4 },
      { kind: "image", reason: "ErrImagePull", message: "", pods: 1 },
    ] as const;
    expect(progressLine(progress({ succeeded: 2, failed: 1, running: 2, waiting }), "the API server does not answer")).toBe(
      "3 of 9 tasks done (1 failed), 2 running, 4 pods wait for a node: 0/1 nodes are available more, 1 pod waits for the image, the API server does not answer",
    );
  });
  test("is short when there is little to tell", () => {
    expect(progressLine(progress({ total: 1 }))).toBe("0 of 1 task done");
  });
  test("keeps the end of long messages, where the cause stands", () => {
    const image = `registry.example.com/${"x".repeat(300)}:1`;
    const message = `Failed to pull image "${image}": failed to resolve reference "${image}": unexpected status: 401 Unauthorized`;
    const waiting = [{ kind: "image", reason: "ErrImagePull", message, pods: 1 }] as const;
    const line = progressLine(progress({ waiting }));
    expect(line).toMatch(/, 1 pod waits for the image: Failed to pull image "registry.* … .*unexpected status: 401 Unauthorized$/);
    expect(line.length).toBeLessThan(300);
  });
  test("tells the kubelet's reason why a pod does not start", () => {
    const waiting = [{ kind: "start", reason: "FailedMount", message: "/no/such is not a directory", pods: 1 }] as const;
    expect(progressLine(progress({ waiting }))).toBe("0 of 9 tasks done, 1 pod waits to start: FailedMount: /no/such is not a directory");
  });
});

describe("the reporter", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Lines with the second in which each came. */
  function setUp() {
    const start = Date.now();
    const lines: string[] = [];
    const reporter = createReporter("job", (line) => lines.push(`${(Date.now() - start) / 1000}: ${line}`));
    return { reporter, lines };
  }

  test("shows what is said at once", () => {
    const { reporter, lines } = setUp();
    reporter.say("first");
    reporter.say("second");
    reporter.stop();
    expect(lines).toEqual(["0: job: first", "0: job: second"]);
  });

  test("shows changing counts after twice as long each time, a minute at most, and all else that changes after 5 s", () => {
    const { reporter, lines } = setUp();
    reporter.say("go");
    let done = 0;
    const pass = (seconds: number, values: Partial<Progress> = {}, note?: string) => {
      for (let second = 1; second <= seconds; second++) {
        reporter.onProgress(progress({ total: 999, succeeded: ++done, ...values }), note, "60/min");
        jest.advanceTimersByTime(1000);
      }
    };
    pass(200);
    pass(30, { waiting: [{ kind: "start", reason: "ContainerCreating", message: "", pods: 1 }] });
    const waiting = [{ kind: "node", reason: "Unschedulable", message: "no room", pods: 4 }] as const;
    pass(12, { waiting });
    pass(12, { waiting: [{ ...waiting[0], pods: 3 }] }, "no answer");
    pass(6, { failed: 1 });
    reporter.stop();
    const at = lines.map((line) => Number(line.split(":")[0]));
    expect(at).toEqual([0, 5, 10, 20, 40, 80, 140, 200, 231, 236, 243, 248, 255, 260]);
    expect(lines[1]).toBe("5: job: 5 of 999 tasks done, 60/min");
    expect(lines.at(-3)).toMatch(/3 pods wait for a node: no room, 60\/min, no answer$/);
  });

  test("what is said stays, progress passes", () => {
    const written: [string, boolean][] = [];
    const reporter = createReporter("job", (line, isPassing) => written.push([line, isPassing]));
    reporter.say("go");
    reporter.onProgress(progress());
    jest.advanceTimersByTime(20_000);
    reporter.stop();
    expect(written).toEqual([
      ["job: go", false],
      ["job: 0 of 9 tasks done", true],
      ["job: 0 of 9 tasks done (14 s)", true],
    ]);
  });

  test("says the same again after twice as long each time, 5 minutes at most, and begins anew after a change", () => {
    const { reporter, lines } = setUp();
    const wait = (seconds: number): void => void jest.advanceTimersByTime(seconds * 1000);
    reporter.onProgress(progress());
    wait(1200);
    reporter.onProgress(progress({ succeeded: 1 }));
    wait(30);
    reporter.stop();
    const same = [14, 32, 68, 140, 284, 572, 872, 1172].map((second) => `${second}: job: 0 of 9 tasks done (${second} s)`);
    expect(lines).toEqual([
      "5: job: 0 of 9 tasks done",
      ...same,
      "1201: job: 1 of 9 tasks done",
      "1210: job: 1 of 9 tasks done (1210 s)",
      "1228: job: 1 of 9 tasks done (1228 s)",
    ]);
  });

  test("is silent once stopped", () => {
    const { reporter, lines } = setUp();
    reporter.stop();
    reporter.onProgress(progress());
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});
