import { figures, type Measured } from "../../bench/batch/figures";
import { linearFit, powerFit } from "../../bench/batch/fit";
import { batchParameters, jobManifest } from "../../bench/batch/manifests";
import { median, reached } from "../../bench/harness/result";

const points = [
  { n: 100, seconds: 5 },
  { n: 300, seconds: 18 },
];

describe("fits", () => {
  test("a straight line goes through two points and on", () => {
    const { at, text } = linearFit(points);
    expect([at(100), at(300), at(1000)].map((value) => value.toFixed(6))).toEqual(["5.000000", "18.000000", "63.500000"]);
    expect(text).toBe("0.0650 n - 1.50 s");
  });

  test("a straight line is nearest to points that are on none", () => {
    const { at } = linearFit([...points, { n: 200, seconds: 10 }]);
    expect(at(200)).toBeCloseTo(11);
  });

  test("a power law tells more than linear growth by its exponent", () => {
    const { at, text } = powerFit([1, 2, 4].map((n) => ({ n, seconds: 3 * n ** 1.5 })));
    expect(at(16)).toBeCloseTo(192);
    expect(text).toBe("3.00 n^1.50 s");
  });
});

test("a median is the middle of values in any order, and the mean of two middles", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

describe("figures", () => {
  const took = (seconds: number, ended = true) => ({ seconds, ended });
  const measured: Measured = {
    base: 2,
    ours: [
      { accepted: 3, pods: 8 },
      { accepted: 9, pods: 90 },
      { accepted: 3.2, pods: 8 },
    ],
    theirs: [{ accepted: took(4), pods: took(12) }],
    points: [...points, { n: 1000, seconds: 72 }].map(({ n, seconds }) => ({ n, accepted: took(seconds), reached: n })),
    large: { accepted: 8, pods: 60 },
    wait: { seconds: 100, peak: 150 },
    noop: { up: { with: 3, without: 2, listing: 0.5, ratio: 1.25 }, preview: { with: 2, without: 1.5, listing: 0.5, ratio: 1 } },
    plugin: "the stand-in",
  };
  const value = (name: string, changes: Partial<Measured> = {}) =>
    figures({ ...measured, ...changes }).find((figure) => figure.name === name)!;

  test("are net of an empty update, of medians, and say against what", () => {
    expect(value("launch-1000-ratio-vs-kubectl-create").value).toBeCloseTo(1.2 / 4);
    expect(value("pods-created-1000-ratio-vs-kubectl-create").value).toBeCloseTo(6 / 12);
    expect(value("launch-growth-1000-to-10000").value).toBeCloseTo(6 / 1.2);
  });

  test("compare with what 1,000 Job resources took, and tell what fewer of them foretell", () => {
    const figure = value("launch-1000-speedup-vs-pulumi-jobs");
    expect(figure.value).toBeCloseTo(72 / 1.2);
    expect(figure.against).toContain("1,000 Job resources with the stand-in: 72.0 s");
    expect(value("pulumi-jobs-1000-linear-fit-seconds")).toMatchObject({
      value: linearFit(points).at(1000),
      against: "extrapolated from 100: 5.0 s, 300: 18.0 s: 0.0650 n - 1.50 s",
    });
    expect(value("pulumi-jobs-1000-power-fit-seconds").value).toBeCloseTo(powerFit(points).at(1000));
  });

  test("say of a peer that was cut off that it takes at least so long", () => {
    const late = { n: 1000, accepted: took(70, false), reached: 412 };
    const changes = { points: [...measured.points.slice(0, 2), late], theirs: [{ accepted: took(60, false), pods: took(60, false) }] };
    const speedup = value("launch-1000-speedup-vs-pulumi-jobs", changes);
    expect(speedup.value).toBeCloseTo(70 / 1.2);
    expect(speedup.against).toContain("at least 70.0 s, when 412 of 1000 were accepted and it was cut off");
    expect(value("pulumi-jobs-1000-seconds", changes)).toMatchObject({
      value: 70,
      against: expect.stringMatching(/^at least, for it was cut off/) as string,
    });
    expect(value("kubectl-create-1000-seconds", changes).against).toMatch(/^at least/);
    expect(value("launch-1000-ratio-vs-kubectl-create", changes).against).toContain("at least 60.0 s");
    // What was cut off foretells nothing.
    const short = { ...changes, points: [measured.points[0]!, { ...measured.points[1]!, accepted: took(60, false) }, late] };
    expect(figures({ ...measured, ...short }).map(({ name }) => name)).not.toContain("pulumi-jobs-1000-power-fit-seconds");
  });

  test("miss their goals when they do, and those without a goal never", () => {
    expect(reached(value("noop-up-10000-ratio"))).toBe(false);
    expect(reached(value("preview-10000-ratio"))).toBe(true);
    expect(reached(value("wait-10000-rss-mib", { wait: { seconds: 1, peak: 200.1 } }))).toBe(false);
    expect(reached(value("pods-created-10000-seconds", { large: { accepted: 8, pods: 1e9 } }))).toBe(true);
  });
});

test("a plain Job is what a task of the batch Job is: same image, command, resources, pool and environment", () => {
  const job = batchParameters("a", 10);
  const { nodeSelector, containers } = jobManifest("a", 7).spec.template.spec;
  expect(containers[0]).toMatchObject({
    image: job.image,
    command: job.command,
    resources: { requests: { cpu: job.cpu, memory: job.memory } },
  });
  expect(Object.fromEntries(containers[0]!.env.map(({ name, value }) => [name, value]))).toEqual(job.tasks[7]!.env);
  expect(nodeSelector).toEqual({ nodepool: job.pool });
});
