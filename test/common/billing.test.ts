import { billedHours, billingAt, billingIn, hoursBySecond } from "../../common/billing";

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);

test.each([
  ["12:50:00", "13:20:00", 0.5, 2],
  ["12:00:00", "12:00:10", 1 / 60, 1],
  ["12:00:00", "12:00:00", 1 / 60, 1],
  ["12:59:30", "13:00:45", 75 / 3600, 2],
])("from %s to %s it is %d hours by the second, a minute at least, and %i by the hour", (from, to, seconds, hours) => {
  expect(billedHours(at(from), at(to), "perSecond")).toBeCloseTo(seconds, 10);
  expect(billedHours(at(from), at(to), "hourly")).toBe(hours);
  expect(hoursBySecond(at(to) - at(from))).toBeCloseTo(seconds, 10);
});

test("only the US is billed by the hour", () => {
  for (const endpoint of ["ovh-eu", "ovh-ca", "https://eu.api.ovh.com/v1", "http://127.0.0.1:18080/1.0"])
    expect([endpoint, billingAt(endpoint)]).toEqual([endpoint, "perSecond"]);
  for (const endpoint of ["ovh-us", "https://api.us.ovhcloud.com/1.0", "https://api.us.ovhcloud.com/v2/"])
    expect([endpoint, billingAt(endpoint)]).toEqual([endpoint, "hourly"]);
  expect(["GRA11", "EU-WEST-PAR", "US-EAST-VA-1", "US-WEST-OR"].map(billingIn)).toEqual(["perSecond", "perSecond", "hourly", "hourly"]);
});
