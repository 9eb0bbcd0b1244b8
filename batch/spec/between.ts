/** Rules between parameters. Each is told also when other parameters are at fault, as long as those that it reads are not. */
import type * as z from "zod";
import { noTarget } from "../../common/notification-settings";
import { atLeast } from "../../common/quantity";
import { type Fields, mostTasks } from "./fields";
import { valueFault, variableFault } from "./rules";

/** Calls back with the path of a parameter that breaks a rule, and how. */
export type Tell = (path: readonly PropertyKey[], message: string) => void;

type Rule = (values: Partial<Fields>, tell: Tell) => void;

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(" and ");

export const notBothPrograms = ({ command, shell }: Pick<Partial<Fields>, "command" | "shell">, tell: Tell): void => {
  if (command !== undefined && shell !== undefined) tell(["shell"], "must not be given together with 'command'; keep one of them");
};

const commandOrShell: Rule = ({ command, shell }, tell) => {
  notBothPrograms({ command, shell }, tell);
  if (command === undefined && shell === undefined)
    tell(["command"], "must be given (or 'shell'): it runs in the place of the image's entry point");
};

const oneKindOfTasks: Rule = ({ tasks, matrix, tasksFrom }, tell) => {
  const given = Object.entries({ tasks, matrix, tasksFrom }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1) tell([given.at(-1)!], `must not be given together with ${list(given.slice(0, -1))}; keep one of them`);
};

const matrixRules: Rule = ({ matrix }, tell) => {
  if (!matrix) return;
  for (const [name, values] of Object.entries(matrix)) {
    const fault = variableFault(name);
    if (fault) tell(["matrix", name], fault);
    const seen = new Set<string>();
    values.forEach((value, i) => {
      const fault = valueFault(value) ?? (seen.has(value) ? `must not be given twice: ${JSON.stringify(value)}` : undefined);
      if (fault) tell(["matrix", name, i], fault);
      seen.add(value);
    });
  }
  const product = taskCount({ matrix })!;
  if (product > mostTasks) tell(["matrix"], `must make at most ${mostTasks} tasks, not ${product}; make several Jobs of them`);
};

/** How many tasks there are; undefined when that depends on the bucket. */
function taskCount({ tasks, matrix, tasksFrom }: Partial<Fields>): number | undefined {
  if (matrix) return Object.values(matrix).reduce((product, values) => product * values.length, 1);
  return tasksFrom ? undefined : (tasks?.length ?? 1);
}

const gangFits: Rule = ({ minAvailable, parallelism, ...values }, tell) => {
  if (minAvailable === undefined) return;
  const total = taskCount(values);
  if (total !== undefined && minAvailable > total)
    tell(["minAvailable"], `must be at most the number of tasks (${total}), not ${minAvailable}`);
  if (parallelism !== undefined && minAvailable > parallelism)
    tell(["minAvailable"], `must be at most 'parallelism' (${parallelism}), not ${minAvailable}`);
};

const memoryGrows: Rule = ({ outOfMemory, memory }, tell) => {
  if (!outOfMemory || memory === undefined) return;
  if (atLeast(memory, outOfMemory.maxMemory))
    tell(["outOfMemory", "maxMemory"], `must be more than 'memory' (${memory}), not ${JSON.stringify(outOfMemory.maxMemory)}`);
};

/** What only makes sense for a Job that a process waits for, or that runs once. */
const scheduledAlone: Rule = ({ schedule, wait, after, retryFailed, outOfMemory, onChange }, tell) => {
  if (!schedule) return;
  const refuse = (name: string, why: string) => tell([name], `must not be given together with 'schedule': ${why}`);
  if (wait === "started" || wait === "none") refuse("wait", "nothing waits for a scheduled Job");
  if (onChange === "cancel") refuse("onChange", "what runs goes on, and the next time has what is new");
  if (after && after.length > 0) refuse("after", "it runs at its times");
  if (retryFailed) refuse("retryFailed", "all its tasks run at every time");
  if (outOfMemory) refuse("outOfMemory", "nobody watches it; give it enough 'memory'");
};

const afterOthers: Rule = ({ name, after = [] }, tell) => {
  after.forEach((other, i) => {
    if (other === name) tell(["after", i], "must be another Job: this one cannot wait for itself");
    if (after.indexOf(other) < i) tell(["after", i], `must not be given twice: '${other}'`);
  });
};

const notifiesOnce: Rule = ({ notify = [] }, tell) => {
  notify.forEach((target, i) => {
    if (notify.indexOf(target) < i) tell(["notify", i], `must not be given twice: '${target}'`);
    else if (target === noTarget && notify.length > 1) tell(["notify", i], "must be alone: it tells nobody");
  });
};

const deadlinesFit: Rule = ({ taskDeadlineSeconds: task, deadlineSeconds: job }, tell) => {
  if (task !== undefined && job !== undefined && task > job)
    tell(["taskDeadlineSeconds"], `must be at most 'deadlineSeconds' (${job}), which ends the whole Job, not ${task}`);
};

export const variablesOnce: Rule = ({ env = {}, secretEnv = {}, tasks = [], matrix = {}, tasksFrom }, tell) => {
  const clash = (path: readonly PropertyKey[], names: object) => {
    for (const name of Object.keys(names))
      if (Object.hasOwn(secretEnv, name))
        tell([...path, name], "must not be given together with 'secretEnv' of the same name; keep one of them");
  };
  if (Object.keys(secretEnv).length === 0) return;
  clash(["env"], env);
  clash(["matrix"], matrix);
  clash(["tasksFrom", "env"], tasksFrom?.env ?? {});
  tasks.forEach((task, i) => clash(["tasks", i, "env"], task.env));
};

/** The bucket's secret key in plain text would be in the Job, in its pods and in Pulumi's state. */
const noPlainSecret: Rule = ({ store, env = {}, command = [], shell = "" }, tell) => {
  const secret = store?.secretAccessKey;
  if (!secret || secret.length < 8) return;
  const why = `must not hold the bucket's secret key; let the tasks read it from a Secret, with envFrom: ["s3-credentials"]`;
  for (const [name, value] of Object.entries(env)) if (value.includes(secret)) tell(["env", name], why);
  command.forEach((part, i) => {
    if (part.includes(secret)) tell(["command", i], why);
  });
  if (shell.includes(secret)) tell(["shell"], why);
};

const rules: readonly (readonly [reads: readonly (keyof Fields)[], rule: Rule])[] = [
  [["command", "shell"], commandOrShell],
  [["tasks", "matrix", "tasksFrom"], oneKindOfTasks],
  [["matrix"], matrixRules],
  [["minAvailable", "parallelism", "tasks", "matrix", "tasksFrom"], gangFits],
  [["outOfMemory", "memory"], memoryGrows],
  [["schedule", "wait", "after", "retryFailed", "outOfMemory", "onChange"], scheduledAlone],
  [["name", "after"], afterOthers],
  [["notify"], notifiesOnce],
  [["taskDeadlineSeconds", "deadlineSeconds"], deadlinesFit],
  [["env", "secretEnv", "tasks", "matrix", "tasksFrom"], variablesOnce],
  [["store", "env", "command", "shell"], noPlainSecret],
];

/** Checks all rules but those on parameters that are at fault themselves. */
export function checkBetween(values: Partial<Fields>, context: z.core.$RefinementCtx<Fields>): void {
  checkRules(rules, values, context);
}

/** As {@link checkBetween}, for any schema. @param rules each with the parameters that it reads */
export function checkRules<V>(
  rules: readonly (readonly [reads: readonly (keyof V)[], rule: (values: Partial<V>, tell: Tell) => void])[],
  values: Partial<V>,
  context: z.core.$RefinementCtx<V>,
): void {
  const wrong = new Set(context.issues.map(({ path }) => path?.[0]));
  for (const [reads, rule] of rules) {
    if (!reads.some((name) => wrong.has(name)))
      rule(values, (path, message) => context.addIssue({ code: "custom", path: [...path], message }));
  }
}
