import { mergePatch } from "../../../batch/jobs/patch";

test("a patch takes away what is only in the old object, at any depth, and leaves the rest out of lists", () => {
  const from = { a: 1, b: { c: 1, d: { e: 1 } }, list: [{ x: 1 }, { y: 2 }], same: { z: 1 } };
  const to = { a: 2, b: { d: { f: 1 } }, list: [{ x: 1 }], same: { z: 1 }, added: { g: true } };
  expect(mergePatch(from, to)).toEqual({
    a: 2,
    b: { c: null, d: { e: null, f: 1 } },
    list: [{ x: 1 }],
    same: { z: 1 },
    added: { g: true },
  });
});

test("what is undefined is not there", () => {
  expect(mergePatch({ a: 1 }, { a: undefined })).toEqual({ a: null });
  expect(mergePatch(undefined, { a: 1 })).toEqual({ a: 1 });
  expect(mergePatch({ a: "text" }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
});
