/** Scripts for shells to complete commands and flags. */
import { Argument, type Command } from "commander";
import { shellQuote } from "../../common/text";
import { type World } from "../terminal/world";

const shells = ["bash", "zsh", "fish"] as const;

export function registerCompletion(program: Command, { stdout }: World): void {
  program
    .command("completion")
    .description("print a script that completes commands and flags")
    .addArgument(new Argument("<shell>", "which one").choices(shells))
    .addHelpText("after", "\nExample: source <(mks-batch completion bash)")
    .action((shell: (typeof shells)[number]) => void stdout.write(completionScript(shell, program)));
}

interface Word {
  readonly text: string;
  readonly description: string;
}

interface Completable {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Word[];
}

function completionScript(shell: (typeof shells)[number], program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : [])),
  }));
  return { bash, zsh, fish }[shell](commands);
}

const words = (commands: readonly Completable[]): string => commands.map(({ name }) => name).join(" ");

/** Flags before a `--`, which the rest of the line belongs to another program; else files. */
const bash = (commands: readonly Completable[]): string => `_mks_batch() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words(commands)}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name, flags }) => `    ${name}) flags="${flags.map(({ text }) => text).join(" ")}" ;;`).join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _mks_batch mks-batch
`;

const zsh = (commands: readonly Completable[]): string => `#compdef mks-batch
_mks_batch() {
  local -a flags
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ name, description }) => shellQuote(`${name}:${description}`)).join(" ")})
    _describe command commands
    return
  fi
  case "$words[2]" in
${commands.map(({ name, flags }) => `    ${name}) flags=(${flags.map(({ text, description }) => shellQuote(`${text}:${description.replaceAll(":", "\\:")}`)).join(" ")}) ;;`).join("\n")}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe option flags; else _files; fi
}
compdef _mks_batch mks-batch
`;

/** Fish knows a backslash as an escape within single quotes, and has no other way for a quote. */
const fishQuote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const fish = (commands: readonly Completable[]): string =>
  commands
    .flatMap(({ name, description, flags }) => [
      `complete -c mks-batch -n __fish_use_subcommand -a ${name} -d ${fishQuote(description)}`,
      ...flags.map(
        ({ text, description }) =>
          `complete -c mks-batch -n '__fish_seen_subcommand_from ${name}' -l ${text.slice(2)} -d ${fishQuote(description)}`,
      ),
    ])
    .join("\n") + "\n";
