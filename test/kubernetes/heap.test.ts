import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// How much they save is measured: see bench/results/batch.json. V8 ignores a flag that it does not know, with no more than a line on stderr.
test("this Node.js knows the flags that keep a process small", () => {
  const source = readFileSync(join(__dirname, "..", "..", "kubernetes", "heap.ts"), "utf8");
  const flags = [...source.matchAll(/setFlagsFromString\("(--[\w-]+)=\d+"\)/g)].map(([, flag]) => flag!);
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(flags.length).toBeGreaterThan(0);
  expect(flags.filter((flag) => !known.includes(`${flag} `))).toEqual([]);
});
