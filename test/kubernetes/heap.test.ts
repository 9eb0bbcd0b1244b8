import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// How much they save is measured: see bench/results/batch.json. V8 ignores a flag that it does not know, with no more than a line on stderr.
const source = readFileSync(join(__dirname, "..", "..", "kubernetes", "heap.ts"), "utf8");
const flags = [...source.matchAll(/setFlagsFromString\("(--[\w-]+(?:=\d+)?)"\)/g)].map(([, flag]) => flag!);

test("this Node.js knows the flags that keep a process small", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(flags.length).toBeGreaterThan(0);
  expect(flags.filter((flag) => !known.includes(`${flag.replace(/=.*/, "")} `))).toEqual([]);
});

test("the young generation that has grown while a program was loaded is given back", () => {
  const sizes = execFileSync(process.execPath, ["-e", `(${String(growAndShrink)})(${JSON.stringify(flags)})`], { encoding: "utf8" });
  const [grown, shrunk] = JSON.parse(sizes) as [number, number];
  expect(grown).toBeGreaterThan(16);
  expect(shrunk).toBeLessThan(4);
});

/** Runs in a process of its own. Prints MiB of the young generation before and after the flags. */
function growAndShrink(flags: readonly string[]): void {
  const { getHeapSpaceStatistics, setFlagsFromString } = process.getBuiltinModule("node:v8");
  const young = (): number => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")!.space_size / 2 ** 20;
  let kept: unknown[] = [];
  const work = (): void => {
    for (let i = 0; i < 1_000_000; i++) {
      kept.push({ i, of: [i] });
      if (kept.length > 100_000) kept = kept.slice(50_000);
    }
  };
  work();
  const grown = young();
  for (const flag of flags) setFlagsFromString(flag);
  work();
  console.log(JSON.stringify([grown, young()]));
}
