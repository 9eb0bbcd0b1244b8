import { Option } from "commander";
import { loadJob } from "../../batch";
import { describedJob } from "../input/described";
import { dryRun } from "./dry-run";
import { addParameterFlags } from "../input/flags";
import { type InputOptions } from "../input/input";
import { launchJob } from "./launch";
import { type Register } from "./register";

type SubmitOptions = InputOptions & { readonly dryRun?: boolean };

export function registerSubmit(register: Register): void {
  const command = register<SubmitOptions>(
    "submit",
    "run what is new or changed of a Job, and wait for it",
    async (context, options, operands) => {
      const parameters = await describedJob(context, options, operands);
      if (options.dryRun) return dryRun(context, parameters);
      const before = await loadJob(await context.connection.store(), parameters.name);
      if (before?.submittedBy === "pulumi") {
        context.note(`${parameters.name}: it belongs to a Pulumi stack, whose next update brings the stack's parameters back`);
      }
      return launchJob(context, parameters);
    },
  )
    .argument("[command...]", "program and arguments, after `--`: their flags are theirs; in the place of the image's entry point")
    .addHelpText("after", "\nExample: mks-batch submit --name sweep --image registry/fit:1 --matrix SEED=1,2,3 --cpu 2 -- python fit.py");
  addInputFlags(command);
  const own = [
    new Option("--detach", "launch and return, as --wait none does; nobody records what ends until the next call"),
    new Option("--dry-run", "print what would run, what it would cost, and the Kubernetes Job"),
  ];
  for (const option of own) command.addOption(option);
}

/** The flags that together make the parameters of a Job. */
export function addInputFlags(command: ReturnType<Register>): void {
  command.addOption(new Option("-f, --file <job.yaml>", "YAML file of parameters; flags win over it"));
  addParameterFlags(command);
  const group = "In the manner of the submission helper:";
  const options = [
    new Option("--tasks <file>", "YAML or JSON list of tasks, each {name, env} or its environment").helpGroup("Tasks:"),
    new Option("--k8s-image <reference>", "image; the command is a line for `bash -cl`").helpGroup(group),
    new Option("--k8s-registry-secret <secret>", "Secret for the image's registry (default: sh-k8s-registry-secret)").helpGroup(group),
    new Option("--k8s-volume-claim <claim>", "PersistentVolumeClaim with the data (default: ntuples-claim)").helpGroup(group),
    new Option("--k8s-mount-path <path>", "where it is mounted (default: /ntuples)").helpGroup(group),
  ];
  for (const option of options) command.addOption(option);
}
