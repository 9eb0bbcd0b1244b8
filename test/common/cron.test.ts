import { cronFault, nextRun } from "../../common/cron";

const next = (cron: string, after: string, timeZone = "Etc/UTC") => nextRun(cron, timeZone, new Date(after))?.toISOString();

test.each<[string, string, string]>([
  ["every minute", "* * * * *", "2026-03-10T10:01:00.000Z"],
  ["every quarter of an hour", "*/15 * * * *", "2026-03-10T10:15:00.000Z"],
  ["in the night", "30 2 * * *", "2026-03-11T02:30:00.000Z"],
  ["in the same minute, tomorrow", "0 10 * * *", "2026-03-11T10:00:00.000Z"],
  ["on weekdays", "0 9 * * mon-fri", "2026-03-11T09:00:00.000Z"],
  ["on Sundays", "0 0 * * SUN", "2026-03-15T00:00:00.000Z"],
  ["on the 13th or a Friday", "0 0 13 * 5", "2026-03-13T00:00:00.000Z"],
  ["on the 20th or a Thursday", "0 0 20 * 4", "2026-03-12T00:00:00.000Z"],
  ["in a month by its name", "0 0 1 jan,jul *", "2026-07-01T00:00:00.000Z"],
  ["in a leap year", "0 0 29 2 *", "2028-02-29T00:00:00.000Z"],
  ["from an hour on in steps", "0 11/5 * * *", "2026-03-10T11:00:00.000Z"],
  ["hourly", "@hourly", "2026-03-10T11:00:00.000Z"],
  ["daily", "@daily", "2026-03-11T00:00:00.000Z"],
  ["weekly", "@weekly", "2026-03-15T00:00:00.000Z"],
  ["monthly", "@monthly", "2026-04-01T00:00:00.000Z"],
  ["yearly", "@yearly", "2027-01-01T00:00:00.000Z"],
])("%s (%s)", (_what, cron, expected) => {
  expect(cronFault(cron)).toBeUndefined();
  expect(next(cron, "2026-03-10T10:00:00Z")).toBe(expected);
});

test("the time zone's clocks count, in winter and in summer", () => {
  expect(next("30 2 * * *", "2026-01-10T10:00:00Z", "Europe/Paris")).toBe("2026-01-11T01:30:00.000Z");
  expect(next("30 2 * * *", "2026-07-10T10:00:00Z", "Europe/Paris")).toBe("2026-07-11T00:30:00.000Z");
  expect(next("0 0 * * *", "2026-07-10T10:00:00Z", "Asia/Kolkata")).toBe("2026-07-10T18:30:00.000Z");
  expect(next("0 22 * * *", "2026-07-10T10:00:00Z", "America/New_York")).toBe("2026-07-11T02:00:00.000Z");
});

test("a time that clocks skip is left out, one that they show twice comes twice, as for Kubernetes", () => {
  // Paris: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
  expect(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Paris")).toBe("2026-03-30T00:30:00.000Z");
  expect(next("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Paris")).toBe("2026-10-25T00:30:00.000Z");
  expect(next("30 2 * * *", "2026-10-25T00:30:00Z", "Europe/Paris")).toBe("2026-10-25T01:30:00.000Z");
  expect(next("30 2 * * *", "2026-10-25T01:30:00Z", "Europe/Paris")).toBe("2026-10-26T01:30:00.000Z");
});

test("a day that never comes has no next time", () => {
  expect(next("* * 30 2 *", "2026-01-01T00:00:00Z")).toBeUndefined();
});

test.each([
  ["", "minute, hour"],
  ["* * * *", "minute, hour"],
  ["* * * * * *", "minute, hour"],
  ["@reboot", "@daily"],
  ["-1 * * * *", "the minute must be 0 to 59"],
  ["5-1 * * * *", "the minute"],
  ["*/0 * * * *", "the minute"],
  ["* 24 * * *", "the hour must be 0 to 23"],
  ["* * 0 * *", "the day of the month must be 1 to 31"],
  ["* * * 13 *", "the month must be 1 to 12"],
  ["* * * xyz *", "the month"],
  ["* * * * 7", "the day of the week must be 0 to 6"],
  ["TZ=UTC 0 0 * * *", "must be without a time zone"],
])("refuses %p", (cron, expected) => {
  expect(cronFault(cron)).toContain(expected);
});

// From github.com/robfig/cron 3.0.1, which Kubernetes reads schedules with: the first time after 2026-03-10 10:00 UTC, and whether it is one at all.
test.each<[string, string | undefined]>([
  ["* * * * *", "2026-03-10T10:01:00.000Z"],
  ["*/15 * * * *", "2026-03-10T10:15:00.000Z"],
  ["0 0 13 * 5", "2026-03-13T00:00:00.000Z"],
  ["0 0 * * mon-fri", "2026-03-11T00:00:00.000Z"],
  ["0 0 1 JAN,jul ?", "2026-07-01T00:00:00.000Z"],
  ["? ? ? ? ?", "2026-03-10T10:01:00.000Z"],
  ["*-5 * * * *", "2026-03-10T10:01:00.000Z"],
  ["*-x * * * *", "2026-03-10T10:01:00.000Z"],
  ["1,,2 * * * *", "2026-03-10T10:01:00.000Z"],
  [", * * * *", undefined],
  ["5/10 * * * *", "2026-03-10T10:05:00.000Z"],
  ["*/60 * * * *", "2026-03-10T11:00:00.000Z"],
  ["*/100 * * * *", "2026-03-10T11:00:00.000Z"],
  ["+5 * * * *", "2026-03-10T10:05:00.000Z"],
  ["05 * * * *", "2026-03-10T10:05:00.000Z"],
  ["* * * * 0-6/2", "2026-03-10T10:01:00.000Z"],
  ["* * * * sun-sat", "2026-03-10T10:01:00.000Z"],
  ["@daily", "2026-03-11T00:00:00.000Z"],
  ["@every 1h", "2026-03-10T11:00:00.000Z"],
  ["@every 1h30m", "2026-03-10T11:30:00.000Z"],
  ["@every 500ms", "2026-03-10T10:00:01.000Z"],
  ["@every -5m", "2026-03-10T10:00:01.000Z"],
  ["@every 0", "2026-03-10T10:00:01.000Z"],
  ["@every 1.5h", "2026-03-10T11:30:00.000Z"],
  ["@every .5h", "2026-03-10T10:30:00.000Z"],
  ["@every 1µs", "2026-03-10T10:00:01.000Z"],
  ["@every 1us5ns", "2026-03-10T10:00:01.000Z"],
  ["@every +1h", "2026-03-10T11:00:00.000Z"],
  ["0 0 * * *\t", "2026-03-11T00:00:00.000Z"],
  ["\t0\n0 * * *", "2026-03-11T00:00:00.000Z"],
  ["* * * feb-5 *", "2026-03-10T10:01:00.000Z"],
  ["*/+5 * * * *", "2026-03-10T10:05:00.000Z"],
  ["*,5 * * * *", "2026-03-10T10:01:00.000Z"],
  ["0 0 */2 * 1", "2026-03-11T00:00:00.000Z"],
  ["0 0 *,1 * 1", "2026-03-16T00:00:00.000Z"],
  ["0 0 1-31 * 1", "2026-03-11T00:00:00.000Z"],
  ["0 0 */1 * 1", "2026-03-16T00:00:00.000Z"],
  ["0 0 ?/1 * 1", "2026-03-16T00:00:00.000Z"],
  ["0 0 1,*/2 * 1", "2026-03-11T00:00:00.000Z"],
  ["0 0 29 2 *", "2028-02-29T00:00:00.000Z"],
  ["0 0 30 2 *", undefined],
])("%p is a schedule, as Kubernetes' parser reads it", (cron, expected) => {
  expect(cronFault(cron)).toBeUndefined();
  expect(next(cron, "2026-03-10T10:00:00Z")).toBe(expected);
});

test.each([
  "5-1 * * * *",
  "*/0 * * * *",
  "60 * * * *",
  "-1 * * * *",
  "* * 0 * *",
  "* * 32 * *",
  "* * * 0 *",
  "* * * 13 *",
  "* * * * 7",
  "* * * * sat-sun",
  "* * * * monday",
  " @daily",
  "@daily ",
  "@Daily",
  "@reboot",
  "@every 5",
  "@every  1h",
  "@every",
  "@every 1d",
  "@every 1h 30m",
  "@every 1h.",
  "* * * *",
  "* * * * * *",
  "",
  "  ",
  "1-2-3 * * * *",
  "1/2/3 * * * *",
  "/5 * * * *",
  "*/ * * * *",
  "a * * * *",
  "jan * * * *",
  "* * jan * *",
  "1- * * * *",
  "0 0 L * *",
  "0 0 1W * *",
  "0 0 * * 5#3",
  "0 H * * *",
  "1.5 * * * *",
  "0x5 * * * *",
  "*5 * * * *",
  "5* * * * *",
  "99999999999999999999 * * * *",
  "*/99999999999999999999 * * * *",
  "13 24 / 24 1-3",
  "1-3 *-4/2 3,7 5- 5-",
  "* 60 0 / 60",
  "fri-sat,mon *-4 2 31,13 jan",
])("%p is none, as for Kubernetes' parser", (cron) => {
  expect(cronFault(cron)).toBeDefined();
});

test("@every counts from the last time, or from the schedule's beginning", () => {
  const since = new Date("2026-03-10T09:10:00Z");
  expect(nextRun("@every 45m", "Etc/UTC", new Date("2026-03-10T10:00:00Z"), since)?.toISOString()).toBe("2026-03-10T10:40:00.000Z");
  expect(nextRun("@every 45m", "Etc/UTC", new Date("2026-03-10T10:40:00Z"), since)?.toISOString()).toBe("2026-03-10T11:25:00.000Z");
  expect(cronFault("@every 1d")).toContain("must be @every and a duration such as 90m");
});

test("a time zone within the text is refused, as Kubernetes' API does", () => {
  expect(cronFault("CRON_TZ=Europe/Paris 0 0 * * *")).toContain("has a setting of its own ('timeZone')");
});
