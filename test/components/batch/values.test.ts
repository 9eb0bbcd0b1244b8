import { hasUnknown, isUnknown, pick, same, unknownAt } from "../../../components/batch/values";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

test("finds unknown values at any depth", () => {
  expect(isUnknown(unknown)).toBe(true);
  expect(hasUnknown({ a: [{ b: unknown }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: null }], c: "x", d: undefined })).toBe(false);
});

test("a path is unknown when its value, or one that it would be part of, is", () => {
  const value = { store: unknown, tasks: [{ env: { A: unknown, B: "b" } }] };
  expect(unknownAt(value, ["store", "endpoint"])).toBe(true);
  expect(unknownAt(value, ["tasks", 0, "env", "A"])).toBe(true);
  expect(unknownAt(value, ["tasks", 0, "env", "B"])).toBe(false);
  expect(unknownAt(value, ["tasks"])).toBe(false);
  expect(unknownAt(value, ["image"])).toBe(false);
});

test("values are the same whatever the order of their keys, but not of their items", () => {
  expect(same({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1, e: undefined })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: 1 }, { a: "1" })).toBe(false);
});

test("picks the keys that are there", () => {
  expect(pick({ a: 1, b: 2 }, ["b", "c"])).toEqual({ b: 2 });
});
