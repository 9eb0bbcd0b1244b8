import { createReporter, type Progress } from "../../batch";
import { progressLine } from "../../batch/reporter";

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

  test("shows changing progress every 5 s", () => {
    const { reporter, lines } = setUp();
    reporter.say("go");
    for (let second = 1; second <= 12; second++) {
      reporter.onProgress(progress({ total: 99, succeeded: second }));
      jest.advanceTimersByTime(1000);
    }
    reporter.stop();
    expect(lines).toEqual(["0: job: go", "5: job: 5 of 99 tasks done", "10: job: 10 of 99 tasks done"]);
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
