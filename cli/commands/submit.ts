import { type Clients, type Context, type Register } from "../connection/context";
import { usageError } from "../terminal/errors";
import { Option } from "commander";
import { stringify } from "yaml";
import {
  describePreview,
  isScheduled,
  listTasks,
  loadJob,
  type Parameters,
  preview,
  type Preview,
  type PreviewContext,
  type Store,
} from "../../batch";
import { jobName } from "../../batch/jobs/launch";
import { cronManifests, manifests } from "../../batch/jobs/manifest";
import { addParameterFlags } from "../input/flags";
import { complete, type InputOptions, readInput } from "../input/input";
import { launchJob } from "./launch";

type SubmitOptions = InputOptions & { readonly dryRun?: boolean };

export function registerSubmit(register: Register): void {
  const command = register<SubmitOptions>(
    "submit",
    "run the new and changed tasks of a Job, and wait for them",
    async (context, options, operands) => {
      const parameters = await describedJob(context, options, operands);
      if (options.dryRun) return dryRun(context, parameters);
      const before = await loadJob(await context.connection.store(), parameters.name);
      if (before?.submittedBy === "pulumi") {
        context.note(`${parameters.name}: it belongs to a Pulumi stack; the stack's next update restores its parameters`);
      }
      return launchJob(context, parameters);
    },
  )
    .argument("[command...]", "program and arguments, after `--`; they replace the image's entry point")
    .addHelpText("after", "\nExample: mks-batch submit --name sweep --image registry/fit:1 --matrix SEED=1,2,3 --cpu 2 -- python fit.py");
  addInputFlags(command);
  const own = [
    new Option(
      "--detach",
      "launch and return, as --wait none does; the batch controller records what ends, or, without one, the next call",
    ),
    new Option("--dry-run", "print what would run, what it would cost, and the Kubernetes Job"),
  ];
  for (const option of own) command.addOption(option);
}

/** The flags that together make the parameters of a Job. */
export function addInputFlags(command: ReturnType<Register>): void {
  command.addOption(new Option("-f, --file <job.yaml>", "YAML file of parameters; flags override it"));
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

/** The Job that flags and a file describe. @param operands the command, which stands after `--` @throws {CliError} with all that is wrong */
export async function describedJob({ connection }: Context, options: InputOptions, operands: readonly string[]): Promise<Parameters> {
  const { values, faults } = readInput({ ...options }, operands);
  if (faults.length > 0) throw usageError(faults);
  connection.fileNamespace = values.namespace as string | undefined;
  const namespace = await connection.namespace();
  const billing = await connection.billing();
  const provisioner = await connection.provisioner();
  const prices = { ...(billing && { billing }), ...(values.prices as object | undefined) };
  return complete({ ...(provisioner && { provisioner }), ...values, namespace, prices }, await connection.storeSettings());
}

/** What `submit` would do, in the words of the command line. */
export const forecast = (parameters: Parameters, clients: Clients, options: Pick<PreviewContext, "asksRegistry"> = {}): Promise<Preview> =>
  preview(parameters, { ...clients, ...options, durationSetting: "--task-seconds" });

/** What would run, what it would cost, and the Kubernetes object. */
async function dryRun(context: Context, parameters: Parameters): Promise<void> {
  const clients = await context.clients();
  const found = await forecast(parameters, clients);
  const { plan, total, atWork, unwanted, changed, moved, estimate, note } = found;
  const { name, namespace } = parameters;
  const manifest = await manifestOf(parameters, plan, clients.store);
  const tasks = plan.run.map(({ name, fingerprint, env }) => ({ name, fingerprint, env }));
  context.print(
    { name, namespace, total, atWork, run: tasks, reasons: plan.reasons, unwanted, changed, moved, estimate, note, manifest },
    () => [`# ${describePreview(found)}`, ...(manifest ? [stringify(manifest).trimEnd()] : [])].join("\n"),
  );
}

/** The Kubernetes Job that would be launched, or the CronJob; without their ConfigMaps, which hold the tasks' environments. */
async function manifestOf(parameters: Parameters, { run }: Preview["plan"], store: Store): Promise<object | undefined> {
  const tasks = await listTasks(parameters, store);
  if (isScheduled(parameters)) return tasks.length > 0 ? cronManifests(parameters, parameters.schedule, tasks).cronJob : undefined;
  return run.length > 0 ? manifests(parameters, jobName(parameters, tasks), run).job : undefined;
}
