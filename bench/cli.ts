import { join } from "node:path";
import { localEnvironment } from "../local/environment";
import { paths } from "../local/lib/paths";
import { createProgress } from "../local/lib/progress";
import { timeCommand, timeExec } from "./harness/cloud";
import { type Benchmark, median } from "./harness/result";

const rounds = 9;

/** The command as the documentation has it. */
const mksBatch = join(paths.root, "bin", "mks-batch");

export const cli: Benchmark = {
  name: "cli",
  description: "how soon the command line answers",
  async measure(say) {
    await timeCommand("local/demo/main.ts", [], say);
    const local = await localEnvironment(createProgress(say));
    const seconds = { help: [] as number[], list: [] as number[], stack: [] as number[], kubectl: [] as number[] };
    const time = (command: string, ...args: string[]) => timeExec(command, args, paths.root, local);
    // The first round warms all up; they alternate, so that all see the same machine.
    for (let round = 0; round <= rounds; round++) {
      const help = await time(mksBatch, "--help");
      const list = await time(mksBatch, "list");
      const stack = await time(mksBatch, "list", "--stack", "local");
      const kubectl = await time("kubectl", "get", "jobs", "--namespace", "batch");
      say(
        `round ${round}: help ${help.toFixed(2)} s, list ${list.toFixed(2)} s, by stack ${stack.toFixed(2)} s, kubectl ${kubectl.toFixed(2)} s`,
      );
      if (round === 0) continue;
      for (const [name, value] of Object.entries({ help, list, stack, kubectl })) seconds[name as keyof typeof seconds].push(value);
    }
    const ratio = median(seconds.list.map((value, round) => value / seconds.kubectl[round]!));
    const figure = { unit: "s", comparator: "<=", goal: null, against: "itself" } as const;
    return [
      { ...figure, name: "cli-help-seconds", value: median(seconds.help), goal: 0.35 },
      { ...figure, name: "cli-list-to-kubectl", value: ratio, unit: "ratio", goal: 6, against: "kubectl get jobs" },
      { ...figure, name: "cli-list-seconds", value: median(seconds.list), goal: 0.5, against: "kubectl get jobs" },
      {
        ...figure,
        name: "cli-list-stack-seconds",
        value: median(seconds.stack),
        goal: 0.5,
        against: "cli-list-seconds: Pulumi is asked only after a change of the stack",
      },
    ];
  },
};
