import { deadlines, lease, nextTry, patience, pauseAfter } from "../../../controller/notifications/schedule";

test("pauses grow from 5 seconds to 10 minutes, at random within these bounds", () => {
  const pauses = (random: number) => Array.from({ length: 10 }, (_, i) => pauseAfter(i + 1, random) / 1000);
  expect(pauses(0.5)).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
  for (const random of [0, 0.1, 0.9, 1])
    for (const pause of pauses(random)) {
      expect(pause).toBeGreaterThanOrEqual(5);
      expect(pause).toBeLessThanOrEqual(600);
    }
  expect(pauseAfter(3, 0)).not.toBe(pauseAfter(3, 1));
  expect(pauseAfter(10_000, 0.5)).toBe(600_000);
});

test("the last try is a day after the end", () => {
  const since = 1_000_000;
  const next = (now: number, after?: number) => nextTry({ tries: 20, since, now, after, random: 0.5 });
  expect(next(since)).toBe(since + 600_000);
  expect(next(since, 3_600_000)).toBe(since + 3_600_000);
  expect(next(since, 1_000)).toBe(since + 600_000);
  expect(next(since, 10 * patience)).toBe(since + patience);
  expect(next(since + patience - 1)).toBe(since + patience);
  expect(next(since + patience)).toBeUndefined();
});

test("no try takes as long as it keeps others away", () => {
  expect(Math.max(...Object.values(deadlines))).toBeLessThan(lease);
});
