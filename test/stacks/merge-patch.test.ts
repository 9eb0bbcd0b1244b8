import { differences, type Json, merged } from "./merge-patch";

const base = { a: 1, list: [1, 2], inner: { same: "x", changed: "y", gone: true } };

it.each<[string, Json, Json]>([
  ["nothing", base, {}],
  ["nothing for another order of keys", { list: [1, 2], inner: { gone: true, changed: "y", same: "x" }, a: 1 }, {}],
  ["a value", { ...base, a: 2 }, { a: 2 }],
  ["a whole list", { ...base, list: [1] }, { list: [1] }],
  [
    "inner keys, gone and new ones",
    { ...base, inner: { same: "x", changed: "z", added: [] } },
    { inner: { changed: "z", gone: null, added: [] } },
  ],
  ["an object in place of a value", { ...base, a: { b: 1 } }, { a: { b: 1 } }],
  ["a value in place of an object", { ...base, inner: 0 }, { inner: 0 }],
])("holds %s and is enough to make the target", (_, target, patch) => {
  expect(differences(base, target)).toEqual(patch);
  expect(merged(base, patch)).toEqual(target);
});
