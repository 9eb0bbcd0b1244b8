import { clockHour, clockHours, hourEnd } from "../../common/hours";

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);

test.each([
  ["12:00:00", "12:00:01", 1],
  ["12:00:00", "13:00:00", 1],
  ["12:00:00", "13:00:00.001", 2],
  ["12:50:00", "13:10:00", 2],
  ["12:59:59", "13:00:01", 2],
  ["12:59:59", "14:00:01", 3],
  ["12:10:00", "15:00:00", 3],
  ["12:10:00", "12:10:00", 1],
  ["12:00:00", "12:00:00", 1],
  ["13:00:00", "12:00:00", 1],
])("%s to %s are %i clock hours", (from, to, hours) => {
  expect(clockHours(at(from), at(to))).toBe(hours);
});

test("a clock hour has the time on which it begins, and not the one on which it ends", () => {
  expect(clockHour(at("12:59:59.999"))).toBe(clockHour(at("12:00:00")));
  expect(clockHour(at("13:00:00"))).toBe(clockHour(at("12:00:00")) + 1);
  expect([hourEnd(at("12:00:00")), hourEnd(at("12:59:59"))]).toEqual([at("13:00:00"), at("13:00:00")]);
});
