/** The commands and their common flags, with commander. */
import { Command, Option } from "commander";
import { nearest } from "../common/nearest";
import { printable } from "../common/printable";
import { version } from "../package.json";
import { Context, type Register } from "./connection/context";
import { missing, readInput } from "./input/input";
import { registerCancel } from "./commands/cancel";
import { registerCompletion } from "./commands/completion";
import { describesJob, registerCost } from "./commands/cost";
import { registerList } from "./commands/list";
import { registerLogs } from "./commands/logs";
import { registerReport } from "./commands/report";
import { registerResults } from "./commands/results";
import { registerRetry } from "./commands/retry";
import { registerStatus } from "./commands/status";
import { registerSubmit } from "./commands/submit";
import { simulateCommand } from "./commands/simulate";
import { type World } from "./terminal/world";

const epilogue = `
Exit status: 0 done; 1 some tasks failed or were not finished; 2 wrong usage or parameters; 3 no such Job;
4 cluster or bucket cannot be reached; 130 interrupted (what was launched continues).
Cluster: --kubeconfig, --stack, KUBECONFIG, ~/.kube/config. Bucket: --stack, the Secret s3-credentials of the
namespace batch-operator (beside batch), or AWS_ENDPOINT_URL, AWS_REGION, S3_BUCKET, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;

/** @param state receives the exit status */
export function createProgram(world: World, state: { exitCode: number } = { exitCode: 0 }): Command {
  const { stdout, stderr } = world;
  const program = new Command("mks-batch")
    .version(version, "--version", "print the version")
    .description("Batch Jobs on OVHcloud Managed Kubernetes. Only new and changed tasks run.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(printable(text)),
      getOutHelpWidth: () => stdout.columns || 120,
      getErrHelpWidth: () => stderr.columns || 120,
    })
    .showHelpAfterError("(--help tells more)")
    .showSuggestionAfterError()
    .addHelpText("after", epilogue);

  const registered: Command[] = [];
  const register: Register = (name, description, handler) => {
    const command = program.command(name).description(description);
    registered.push(command);
    return command.action(async (...all: unknown[]) => {
      const command = all.at(-1) as Command;
      const context = new Context(world, command.opts());
      try {
        state.exitCode = (await handler(context, command.opts(), command.args)) ?? 0;
      } finally {
        context.connection.close();
      }
    });
  };
  registerSubmit(register);
  registerList(register);
  registerStatus(register);
  registerLogs(register);
  registerCancel(register);
  registerRetry(register);
  registerResults(register);
  registerCost(register);
  registerReport(register);
  // Help shows flags in the order in which they were added: a command's own come first.
  registered.forEach(addCommonFlags);
  program.addCommand(simulateCommand(world).copyInheritedSettings(program));
  registerCompletion(program, world);
  return program;
}

function addCommonFlags(command: Command): void {
  const flags: [string, string][] = [
    ["--kubeconfig <file>", "kubeconfig of the cluster"],
    ["--stack <name>", "Pulumi stack whose outputs name cluster, bucket and namespace"],
    ["-n, --namespace <name>", "Kubernetes namespace (default: the stack's, or batch)"],
    ["--json", "print JSON"],
  ];
  for (const [text, description] of flags) command.addOption(new Option(text, description).helpGroup("Common:"));
}

/** Returns an error if a flag of a command stands before the command. */
function tooEarly(word: string, commands: readonly Command[]): string[] {
  const flag = word.split("=")[0]!;
  const known = commands.some(({ options }) => options.some(({ long, short }) => flag === long || flag === short));
  return known ? [`option '${flag}' goes after the command, not before it`] : [];
}

/** Suggests the nearest name, or the command that lists all names. */
function hint(word: string, known: readonly string[], command: string): string {
  const guess = nearest(word, known);
  return guess ? `did you mean ${guess}?` : `\`${command} --help\` lists all`;
}

/** Returns an error for `help` on an unknown command, where commander would show the general help. */
function noHelpOn(topic: string | undefined, commands: readonly Command[]): string[] {
  const names = commands.map((command) => command.name());
  if (topic === undefined || /^-/.test(topic) || topic === "help" || names.includes(topic)) return [];
  return [`unknown command '${topic}'; ${hint(topic, names, "mks-batch")}`];
}

/** Commands that take the parameters of a Job. */
const withParameters = ["submit", "cost"];

const silently = (world: World): Command => createProgram({ ...world, stdout: { write: () => true }, stderr: { write: () => true } });

/** Puts `--` in front of a Job's program: the first word that is no flag and no flag's value, and all that follow. */
export function separated(argv: readonly string[], world: World): readonly string[] {
  const [name = "", ...rest] = argv;
  if (!withParameters.includes(name)) return argv;
  const command = silently(world)
    .enablePositionalOptions()
    .commands.find((command) => command.name() === name)!
    .passThroughOptions();
  let parsed: { operands: string[]; unknown: string[] };
  try {
    parsed = command.parseOptions(rest);
  } catch {
    return argv;
  }
  const { operands, unknown } = parsed;
  const at = rest.length - operands.length;
  if (unknown.length > 0 || operands.length === 0 || rest[at - 1] === "--") return argv;
  if (name === "cost" && !describesJob(command.opts())) return argv;
  return [name, ...rest.slice(0, at), "--", ...operands];
}

/** All flags that there are not, and all that is wrong with the others: commander itself tells only the first. */
export function unknownFlags(argv: readonly string[], world: World): string[] {
  const silent = silently(world);
  const [name = "", ...rest] = argv;
  if (name === "help") return noHelpOn(rest[0], silent.commands);
  const command = silent.commands.find((command) => command.name() === name);
  if (!command) return tooEarly(name, silent.commands);
  let parsed: { operands: string[]; unknown: string[] };
  try {
    parsed = command.parseOptions(rest);
  } catch {
    return [];
  }
  const end = parsed.unknown.indexOf("--");
  const [flags, behind] = end < 0 ? [parsed.unknown, []] : [parsed.unknown.slice(0, end), parsed.unknown.slice(end + 1)];
  const unknown = flags.filter((word) => /^-./.test(word));
  if (unknown.length === 0 || unknown.some((word) => word === "-h" || word === "--help")) return [];
  const known = command.options.flatMap(({ long }) => long ?? []);
  const faults = unknown.map((word) => {
    const flag = word.split("=")[0]!;
    return `unknown option '${flag}'; ${hint(flag, known, `mks-batch ${name}`)}`;
  });
  // What is missing is likely to be what is misspelt.
  if (withParameters.includes(name))
    faults.push(...readInput(command.opts(), [...parsed.operands, ...behind]).faults.filter((fault) => !fault.endsWith(missing)));
  return faults;
}
