import { execFileSync } from "node:child_process";
import { childrenSeconds } from "../../bench/cold";

test("reads the CPU time of the children from the shell's `times`", () => {
  expect(childrenSeconds("0m0.010s 0m0.020s\n12m3.500s 1m2.250s\n")).toBeCloseTo(785.75);
});

test("counts what a child of a child used", () => {
  const spin = "const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);";
  const script = 'sh -c "exec \\"$1\\" -e \\"$2\\"" sh "$1" "$2"; times';
  const seconds = childrenSeconds(execFileSync("bash", ["-c", script, "bash", process.execPath, spin], { encoding: "utf8" }));
  expect(seconds).toBeGreaterThan(0.29);
  expect(seconds).toBeLessThan(20);
});

test("fails on anything else", () => {
  expect(() => childrenSeconds("")).toThrow(/printed something else/);
});
