import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "../../common/flavors";
import { leftForPods } from "../../common/reserved";

const root = join(__dirname, "..", "..");
const text = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

test("the Karpenter provider has the same sizes of nodes as the rest of the project", () => {
  expect(text("karpenter", "sizes", "node-sizes.json")).toBe(text("common", "node-sizes.json"));
});

test("the Karpenter provider leaves pods the same room on nodes of every flavor", () => {
  // Go's tests read the same file: see karpenter/sizes/sizes_test.go.
  const expected = JSON.parse(text("karpenter", "sizes", "testdata", "room.json")) as Record<string, unknown>;
  expect(Object.fromEntries(Object.entries(catalogue).map(([name, size]) => [name, leftForPods(size)]))).toEqual(expected);
});
