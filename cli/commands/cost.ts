import { actualCost, billingOf, type Cost, createPool, describePreview, type Parameters, type Preview, readSummary } from "../../batch";
import { readCatalog } from "../../batch/cost/catalog";
import { type PricedFees, priceFees } from "../../common/fees";
import { type Context, type Register } from "../connection/context";
import { describeCost, describeFees } from "./price";
import { usageError } from "../terminal/errors";
import { readFlags } from "../input/flags";
import { type InputOptions } from "../input/input";
import { settled } from "./recorded";
import { addInputFlags, describedJob, forecast } from "./submit";

/** Whether the flags are of a Job that there need not be. */
export const describesJob = ({ file, image, k8sImage }: InputOptions & { readonly image?: string }): boolean =>
  [file, image, k8sImage].some((value) => value !== undefined);

/** `submit` takes a command after `--`, and so does this: it is part of what identifies a task. */
export function registerCost(register: Register): void {
  const command = register<InputOptions>(
    "cost",
    "show what a Job has cost, or estimate what it would cost",
    async (context, options, operands) => {
      const [name, ...more] = operands;
      if (describesJob(options)) return estimateOf(context, await describedJob(context, options, operands));
      if (name === undefined || more.length > 0)
        throw usageError(["name one Job, or describe a Job with -f job.yaml or flags, as for `mks-batch submit`"]);
      const flags = [...readFlags({ ...options }).sources.values()];
      if (flags.length > 0)
        throw usageError([
          `${flags.join(", ")}: allowed only in the description of a Job; give the Job's name alone, or add --image or -f`,
        ]);
      return actualOf(context, (await context.job(name)).parameters);
    },
  )
    .argument("[job...]", "name of a Job; with -f or flags: program and arguments, after `--`")
    .addHelpText("after", "\nExamples: mks-batch cost sweep\n          mks-batch cost -f sweep.yaml --task-seconds 600");
  addInputFlags(command);
}

async function estimateOf(context: Context, parameters: Parameters): Promise<void> {
  const found = await forecast(parameters, await context.clients(), { asksRegistry: false });
  const { name } = parameters;
  const { plan, total, atWork, estimate, note } = found;
  const cluster = await feesOfCluster(context, parameters);
  context.print({ name, total, toRun: plan.run.length, atWork, estimate, note, ...(cluster && { cluster }) }, () =>
    [`${name}: ${describePreview(found)}`, ...(cluster ? [describeFees(cluster)] : [])].join("\n"),
  );
}

/** Returns what the cluster costs besides its nodes; undefined if that is nothing or not known. */
async function feesOfCluster({ connection }: Context, { prices }: Parameters): Promise<PricedFees | undefined> {
  const fees = await connection.clusterFees();
  if (fees.length === 0) return undefined;
  // Without a price list the nodes have no price either, and the result says so.
  const catalog = await readCatalog(prices).catch(() => undefined);
  return catalog && priceFees(fees, catalog);
}

async function actualOf(context: Context, parameters: Parameters): Promise<void> {
  const clients = await context.clients();
  const { rows } = await settled(parameters, clients);
  const [summary, pool, left] = await Promise.all([
    readSummary(clients.store, parameters.resultsPrefix),
    createPool(clients.cluster, parameters).priced(),
    forecast(parameters, clients, { asksRegistry: false }),
  ]);
  // The price at the time of the run, where it is recorded.
  const price = summary?.price ?? pool.price;
  const { unpriced } = pool;
  const recorded = new Map((summary?.tasks ?? []).map((row) => [row.fingerprint, row]));
  const ran = rows.map((row) => (row.status === "running" ? row : (recorded.get(row.fingerprint) ?? row)));
  const billing = billingOf(parameters.prices);
  const actual = actualCost([...ran, ...(summary?.stopped ?? [])], { price, billing }, new Date(context.world.now()));
  const { name } = parameters;
  const { plan, atWork, estimate } = left;
  const cluster = await feesOfCluster(context, parameters);
  const costs = { name, actual, ...(unpriced && { unpriced }), toRun: plan.run.length, atWork, estimate, ...(cluster && { cluster }) };
  context.print(costs, () => [textOf(name, actual, unpriced, left), ...(cluster ? [describeFees(cluster)] : [])].join("\n"));
}

function textOf(name: string, actual: Cost, unpriced: string | undefined, left: Preview): string {
  return [
    `${name}: so far ${describeCost(actual)}`,
    ...(unpriced && actual.amount === undefined ? [`no price: ${unpriced}`] : []),
    ...(left.plan.run.length + left.atWork > 0 ? [`what is left: ${describePreview(left)}`] : []),
  ].join("\n");
}
