import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";

/** MiB that a process needs at most which keeps 30 MiB of objects while it makes a lot of garbage that lives for a moment. */
function peak(setup: string): number {
  const program = `${setup}
    const kept = JSON.parse(JSON.stringify(Array.from({ length: 150_000 }, (_, i) => ({ name: "pod-" + i, i }))));
    const recent = [];
    for (let i = 0; i < 1500; i++) {
      recent.push(JSON.parse(JSON.stringify(Array.from({ length: 300 }, (_, k) => ({ k, text: "x" + k })))));
      if (recent.length > 60) recent.shift();
    }
    if (kept.length + recent.length === 0) throw new Error();
    console.log(process.resourceUsage().maxRSS / 1024);`;
  return Number(execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" }));
}

test("a process that is to stay small does, and this Node.js knows the flags for it", () => {
  const source = readFileSync(join(__dirname, "..", "..", "..", "batch", "kubernetes", "heap.ts"), "utf8");
  const { code } = transformSync(source, { loader: "ts", format: "cjs" });
  expect(peak(`${code}\nkeepHeapSmall();`)).toBeLessThan(peak("") - 15);
});
