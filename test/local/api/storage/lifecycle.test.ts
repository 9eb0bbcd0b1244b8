import type { StoredObject } from "../../../../local/api/state/backends";
import { expired, lifecycleSchema } from "../../../../local/api/storage/lifecycle";

const now = new Date("2026-03-31T00:00:00Z");
const object = (key: string, day: number, rest: Partial<StoredObject> = {}): StoredObject => ({
  key,
  size: 100,
  etag: "",
  lastModified: new Date(Date.UTC(2026, 2, day)).toISOString(),
  isDeleteMarker: false,
  isLatest: true,
  ...rest,
});
const rule = { id: "r", status: "enabled" as const };

it("lets objects expire by age, from the day that the rule says on", () => {
  const objects = [object("a", 1), object("b", 24), object("c", 25)];
  expect(expired([{ ...rule, expiration: { days: 7 } }], objects, now)).toEqual([{ key: "a" }, { key: "b" }]);
});

it("lets objects expire on a date", () => {
  expect(expired([{ ...rule, expiration: { date: "2026-04-01" } }], [object("a", 1)], now)).toEqual([]);
  expect(expired([{ ...rule, expiration: { date: "2026-03-31" } }], [object("a", 1)], now)).toEqual([{ key: "a" }]);
});

it("goes by prefix and size, and by rules that are enabled", () => {
  const objects = [object("tmp/a", 1), object("tmp/big", 1, { size: 5000 }), object("b", 1)];
  const of = (filter: object): unknown => expired([{ ...rule, filter, expiration: { days: 1 } }], objects, now).map(({ key }) => key);
  expect(of({ prefix: "tmp/" })).toEqual(["tmp/a", "tmp/big"]);
  expect(of({ objectSizeGreaterThan: 100 })).toEqual(["tmp/big"]);
  expect(of({ objectSizeLessThan: 5000 })).toEqual(["tmp/a", "b"]);
  expect(expired([{ ...rule, status: "disabled", expiration: { days: 1 } }], objects, now)).toEqual([]);
});

it("lets older versions go by the time since they are not current, and keeps the newest of them", () => {
  const versions = [
    object("a", 30, { versionId: "4" }),
    object("a", 20, { versionId: "3", isLatest: false }),
    object("a", 10, { versionId: "2", isLatest: false }),
    object("a", 5, { versionId: "1", isLatest: false }),
  ];
  const of = (noncurrentVersionExpiration: object): unknown => expired([{ ...rule, noncurrentVersionExpiration }], versions, now);
  expect(of({ noncurrentDays: 11 })).toEqual([
    { key: "a", versionId: "2" },
    { key: "a", versionId: "1" },
  ]);
  expect(of({ newerNoncurrentVersions: 2 })).toEqual([{ key: "a", versionId: "1" }]);
  expect(of({ noncurrentDays: 11, newerNoncurrentVersions: 2 })).toEqual([{ key: "a", versionId: "1" }]);
});

it("removes delete markers that hide nothing, when asked to", () => {
  const marker = object("a", 1, { isDeleteMarker: true, versionId: "9" });
  const older = object("a", 1, { isLatest: false, versionId: "1" });
  const expiration = { expiredObjectDeleteMarker: true };
  expect(expired([{ ...rule, expiration }], [marker], now)).toEqual([{ key: "a", versionId: "9" }]);
  expect(expired([{ ...rule, expiration }], [marker, older], now)).toEqual([]);
  expect(expired([{ ...rule, expiration: { days: 1 } }], [marker], now)).toEqual([]);
});

it("takes one kind of expiration in a rule", () => {
  const parse = (expiration: object): boolean => lifecycleSchema.safeParse({ rules: [{ status: "enabled", expiration }] }).success;
  expect([parse({ days: 1 }), parse({ days: 0 }), parse({}), parse({ days: 1, date: "2026-01-01" })]).toEqual([true, false, false, false]);
});
