import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localEnvironment } from "../local/environment";
import { exec } from "../local/lib/exec";
import { paths } from "../local/lib/paths";
import { createProgress } from "../local/lib/progress";
import { timeCommand, timeExec } from "./harness/cloud";
import { type Benchmark, median } from "./harness/result";

const rounds = 9;
const upArgs = ["up", "--yes", "--non-interactive", "--suppress-outputs"];

/** An empty TypeScript stack, loaded as Pulumi does by default (ts-node), with this project's packages. */
function emptyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "empty-stack-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", main: "index.ts", devDependencies: { typescript: "*" } }));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { strict: true, module: "nodenext", moduleResolution: "nodenext", target: "es2020", skipLibCheck: true },
    }),
  );
  writeFileSync(join(folder, "index.ts"), 'import * as pulumi from "@pulumi/pulumi";\nexport const stack = pulumi.getStack();\n');
  symlinkSync(join(paths.root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "state"));
  return folder;
}

export const program: Benchmark = {
  name: "program",
  description: "a no-op `pulumi up` of the whole local stack",
  async measure(say) {
    await timeCommand("local/demo/main.ts", [], say);
    const local = await localEnvironment(createProgress(say));
    const folder = emptyProject();
    const empty = { ...local, PULUMI_BACKEND_URL: `file://${join(folder, "state")}`, PULUMI_OPTION_CONFIG_FILE: undefined };
    try {
      await exec("pulumi", ["stack", "init", "empty", "--non-interactive"], { cwd: folder, env: empty });
      const ours: number[] = [];
      const theirs: number[] = [];
      // The first round warms both up; the two alternate, so that both see the same machine.
      for (let round = 0; round <= rounds; round++) {
        const base = await timeExec("pulumi", [...upArgs, "--stack", "empty"], folder, empty);
        const whole = await timeExec("pulumi", [...upArgs, "--stack", "local"], paths.root, local);
        say(`round ${round}: empty ${base.toFixed(2)} s, local stack ${whole.toFixed(2)} s`);
        if (round === 0) continue;
        theirs.push(base);
        ours.push(whole);
      }
      const against = "a no-op up of an empty TypeScript stack in Pulumi's default loading";
      return [
        {
          name: "noop-up-ratio",
          value: median(ours.map((seconds, round) => seconds / theirs[round]!)),
          unit: "ratio",
          comparator: "<=",
          goal: 1.2,
          against,
        },
        { name: "noop-up-seconds", value: median(ours), unit: "s", comparator: "<=", goal: null, against },
        { name: "empty-noop-up-seconds", value: median(theirs), unit: "s", comparator: "<=", goal: null, against: "itself" },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
