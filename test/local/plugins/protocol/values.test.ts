import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { equal, fromStruct, hasUnknown, secret, toStruct, unknown } from "../../../../local/plugins/protocol/values";

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

test("properties survive the way to the engine and back", () => {
  const properties = { text: "a", number: 1.5, yes: true, nothing: null, list: [1, { a: "b" }], map: { "a.b/c": "d" } };
  expect(fromStruct(toStruct(properties))).toEqual(properties);
});

test("a missing value is not sent", () => {
  expect(toStruct({ a: undefined, b: 1 }).toJavaScript()).toEqual({ b: 1 });
});

test("a secret is marked on the way out and plain on the way in", () => {
  const struct = toStruct({ list: [{ password: secret("x") }] });
  expect(struct.toJavaScript()).toEqual({ list: [{ password: { [signature]: secretSignature, value: "x" } }] });
  expect(fromStruct(struct)).toEqual({ list: [{ password: "x" }] });
});

test("a missing secret stays missing, and a secret is not wrapped twice", () => {
  expect(secret(undefined)).toBeUndefined();
  const once = secret("x");
  expect(secret(once)).toBe(once);
});

test("every kind of unknown value is seen as unknown", () => {
  const struct = Struct.fromJavaScript({ a: unknown, b: ["3eeb2bf0-c639-47a8-9e75-3b44932eb421"] });
  expect(fromStruct(struct)).toEqual({ a: unknown, b: [unknown] });
  expect(hasUnknown({ a: [{ b: unknown }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: "04" }] })).toBe(false);
});

test.each([
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [[1, 2], [2, 1], false],
  [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, true],
  [{ a: null }, {}, false],
  ["1", 1, false],
])("equal(%j, %j) is %s", (a, b, expected) => {
  expect(equal(a, b)).toBe(expected);
});
