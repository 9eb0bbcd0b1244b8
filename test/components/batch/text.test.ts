import { gzipSync } from "node:zlib";
import { fromText, packed, sameText, toText } from "../../../components/batch/text";

const tasks = (count: number) => Array.from({ length: count }, (_, index) => ({ env: { SEED: `${index}`, NAME: "é" } }));

test("a short list can be read as it is, and a long one is packed to a fraction", () => {
  expect(toText(tasks(2))).toBe('[{"env":{"SEED":"0","NAME":"é"}},{"env":{"SEED":"1","NAME":"é"}}]');
  const long = toText(tasks(10_000));
  expect(long).toMatch(/^gzip:[A-Za-z0-9+/=]+$/);
  expect(long.length * 5).toBeLessThan(JSON.stringify(tasks(10_000)).length);
});

test.each([0, 1, 10_000])("a list of %i comes back as it was", (count) => {
  expect(fromText(toText(tasks(count)))).toEqual(tasks(count));
  expect(fromText(packed(JSON.stringify(tasks(count))))).toEqual(tasks(count));
});

test("texts are compared by what they hold, as another machine may pack it in another way", () => {
  const json = JSON.stringify(tasks(10_000));
  const other = `gzip:${gzipSync(json, { level: 1 }).toString("base64")}`;
  expect(other).not.toBe(packed(json));
  expect(sameText(other, packed(json))).toBe(true);
  expect(sameText(json, packed(json))).toBe(true);
  expect(sameText(toText(tasks(9_999)), packed(json))).toBe(false);
  expect(sameText(undefined, packed(json))).toBe(false);
  expect(sameText(undefined, undefined)).toBe(true);
});
