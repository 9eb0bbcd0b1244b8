import { Countdown, inMinutes } from "../../../local/tools/estimate";

describe("Countdown", () => {
  let now: number;
  const countdown = (cores: number) => new Countdown(["kubernetes", "pulumi"], cores, () => now);
  beforeEach(() => (now = 0));

  test("begins with the measured figures, shared out among the cores", () => {
    expect(countdown(1).seconds()).toBeGreaterThan(300);
    expect(countdown(4).seconds()).toBeCloseTo(countdown(1).seconds() / 4);
    expect(new Countdown(["kubernetes"], 1).seconds()).toBeLessThan(countdown(1).seconds());
    expect(new Countdown([]).seconds()).toBe(0);
  });

  test("goes by the pace of this machine once it has seen some", () => {
    const builds = countdown(2);
    const expected = builds.seconds();
    builds.note("kubernetes", 0.001);
    now = 60_000;
    expect(builds.seconds()).toBeLessThan(expected);
    expect(builds.seconds()).toBeGreaterThan(0.9 * expected);
    // A third of the time that was expected for half of it: the other half takes as long again.
    builds.note("kubernetes", 0.5);
    builds.note("pulumi", 0.5);
    now = (expected / 3) * 1000;
    expect(builds.seconds()).toBeCloseTo(expected / 3);
  });

  test("ends with nothing left, and never counts up by a smaller share", () => {
    const builds = countdown(2);
    builds.note("kubernetes", 1);
    builds.note("kubernetes", 0.2);
    builds.note("pulumi", 7);
    now = 100_000;
    expect(builds.seconds()).toBe(0);
  });

  test("leaves out families that it does not count", () => {
    const builds = countdown(2);
    const before = builds.seconds();
    builds.note("versitygw", 1);
    expect(builds.seconds()).toBe(before);
  });
});

test.each([
  [0, "less than a minute"],
  [59.9, "less than a minute"],
  [60, "about 1 min"],
  [61, "about 2 min"],
  [600, "about 10 min"],
])("%d s are said as %s", (seconds, text) => {
  expect(inMinutes(seconds)).toBe(text);
});
