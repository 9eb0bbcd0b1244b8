import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulateCommand } from "../../../cli/commands/simulate";

const folder = mkdtempSync(join(tmpdir(), "simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command and answers what it prints. */
async function run(args: readonly string[], terminal: { isTTY?: boolean; columns?: number } = {}, env = {}): Promise<string> {
  let text = "";
  const command = simulateCommand({ env, stdout: { ...terminal, write: (part: string) => (text += part) } });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(args, { from: "user" });
  return text;
}

test("draws a plot and prints a table of all policies beside the bound", async () => {
  const text = await run(["burst", "--policy", "all"]);
  for (const word of ["Nodes paid for", "Pending pods", "Cost", "makespan", "pods killed"]) expect(text).toContain(word);
  for (const policy of ["ours", "seed", "cluster-autoscaler", "karpenter", "karpenter-batch", "at best"])
    expect(text).toMatch(new RegExp(`^${policy} `, "m"));
  expect(text).not.toContain("\x1b");
});

test("colours a terminal, unless NO_COLOR is set", async () => {
  const terminal = { isTTY: true, columns: 70 };
  expect(await run(["burst"], terminal)).toContain("\x1b[36m");
  expect(await run(["burst"], terminal, { NO_COLOR: "1" })).not.toContain("\x1b");
});

test("prints JSON, and writes the SVG", async () => {
  const svg = join(folder, "plot.svg");
  const answer = JSON.parse(await run(["burst", "--json", "--svg", svg])) as { policies: Record<string, unknown>[]; bound: object };
  // 100 nodes for a boot of 300 s, a task of 600 s and a removal of 30 s.
  const hours = (100 * 930) / 3600;
  const bill = { billedHours: expect.closeTo(hours) as number, cost: expect.closeTo(0.2 * hours) as number };
  expect(answer.bound).toEqual({ makespanSeconds: 900, ...bill, placed: bill });
  expect(answer.policies).toMatchObject([{ policy: "ours", finished: true, podsKilled: 0, peakNodes: 100 }]);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
});

test("a configuration changes the outcome", async () => {
  const hours = async (...set: string[]): Promise<number> => {
    const { policies } = JSON.parse(await run(["burst", "--json", ...set.flatMap((one) => ["--set", one])])) as {
      policies: { billedHours: number }[];
    };
    return policies[0]!.billedHours;
  };
  expect(await hours("scaleDownDelaySeconds=7200")).toBeGreaterThan(await hours());
});

test("values of a key stand side by side", async () => {
  const text = await run(["burst", "--compare", "scaleDownDelaySeconds=0,600,auto"]);
  const hours = text.split("\n").flatMap((line) => /^(0|600|auto|at best) +\S+ min \S+ s +(\S+)/.exec(line)?.slice(1) ?? []);
  expect(hours).toEqual(["0", "25.9", "600", expect.any(String), "auto", "26.2", "at best", "25.8"]);
  expect(Number(hours[3])).toBeGreaterThan(40);
});

test("the documentation's table is what its command prints", async () => {
  const docs = readFileSync(join(__dirname, "..", "..", "..", "docs", "autoscaler.md"), "utf8");
  const [, line = "", shown = ""] = /```sh\nmks-batch simulate (.*)\n```\n+```text\n([^]*?)```/.exec(docs)!;
  expect(shown).toBe(await run(line.split(" ")));
}, 180_000);

test.each([
  [["nowhere.yaml"], "there is no trace nowhere.yaml; give a file or one of: broken-nodes"],
  [["burst", "--set", "scaleDownDelay=3"], "scaleDownDelay is not known; there are leaseNamespace"],
  [["burst", "--set", "nodeBootTimeoutSeconds=0"], "nodeBootTimeoutSeconds must be at least 300"],
  [["burst", "--set", "nonsense"], "--set nonsense: must be KEY=VALUE"],
  [["burst", "--compare", "scaleDownDelaySeconds"], "--compare scaleDownDelaySeconds: must be KEY=VALUE,VALUE"],
  [["burst", "--compare", "scaleDownDelay=1,2"], "scaleDownDelay is not known; there are leaseNamespace"],
  [["burst", "--compare", "resyncSeconds=1,2", "--json"], "--compare: cannot be combined with --policy, --svg or --json"],
  [["burst", "--policy", "mine"], "Allowed choices are ours, seed, cluster-autoscaler, karpenter, karpenter-batch, all"],
])("%j is told to be wrong", async (args, message) => {
  await expect(run(args)).rejects.toThrow(message);
});
