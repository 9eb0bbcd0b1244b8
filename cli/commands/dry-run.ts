/** `submit --dry-run`: what would run, what it would cost, and the Kubernetes object. */
import { stringify } from "yaml";
import { describePreview, isScheduled, listTasks, type Parameters, type Preview, type Store } from "../../batch";
import { jobName } from "../../batch/jobs/launch";
import { cronManifests, manifests } from "../../batch/jobs/manifest";
import { type Context } from "../connection/context";
import { forecast } from "./forecast";

export async function dryRun(context: Context, parameters: Parameters): Promise<void> {
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
