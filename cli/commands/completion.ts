import { Argument, type Command } from "commander";
import { completionScript, shells } from "./completion-script";
import { type World } from "../terminal/world";

export function registerCompletion(program: Command, { stdout }: World): void {
  program
    .command("completion")
    .description("print a script that completes commands and flags")
    .addArgument(new Argument("<shell>", "which one").choices(shells))
    .addHelpText("after", "\nExample: source <(mks-batch completion bash)")
    .action((shell: (typeof shells)[number]) => void stdout.write(completionScript(shell, program)));
}
