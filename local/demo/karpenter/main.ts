import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { poll } from "../../../common/poll";
import { poolLabels } from "../../../common/provisioner";
import { plural } from "../../../common/text";
import { withSettings } from "../../cli";
import { shutdown } from "../../daemon/control";
import { main, UserError } from "../../lib/errors";
import { paths } from "../../lib/paths";
import { createProgress } from "../../lib/progress";
import { openTable } from "../table";
import { type KarpenterCloud, startKarpenterCloud } from "./cloud";
import { leftovers } from "./leftovers";
import { drawKarpenter } from "./plot";
import { readPrices } from "./prices";
import { describeNodes, type Sample, sampleOf } from "./sample";
import { createSettled } from "./settled";
import { readState } from "./state";
import { clear, deploy, scale, type Inflate } from "./workload";

const region = "EU-WEST-PAR";

const placement = { nodeSelector: { [poolLabels.karpenter]: "batch" } };
const workload: readonly Inflate[] = [
  { name: "small", replicas: 20, cpu: "250m", memory: "512Mi", placement },
  { name: "memory", replicas: 12, cpu: "1", memory: "4Gi", placement },
  { name: "zones", replicas: 9, cpu: "2", memory: "4Gi", placement, acrossZones: true },
];
const all = workload.reduce((sum, { replicas }) => sum + replicas, 0);

/** How many of each Deployment's pods stay: a third. */
const rest = (replicas: number): number => Math.ceil(replicas / 3);

/** Seconds without a change after which Karpenter has found all that it will: it looks within a minute of the last one. */
const calm = 75;

/** Milliseconds for each part, and between two looks. */
const timeout = 600_000;
const interval = 1_000;

async function demo(flags: Record<string, unknown>): Promise<void> {
  const progress = createProgress();
  const cloud = await startKarpenterCloud(progress, { region, storageRegion: region, ...flags });
  const watch = await startWatch(cloud);

  console.log(
    `\nScale-up: ${workload.map(({ replicas, cpu, memory }) => `${plural(replicas, "pod")} of ${cpu} CPU and ${memory}`).join(", ")}\n`,
  );
  await deploy(cloud.client, workload);
  const full = await watch.until(({ running }) => running === all);

  console.log("\nConsolidation: two thirds of the pods leave\n");
  for (const { name, replicas } of workload) await scale(cloud.client, name, rest(replicas));
  const remaining = workload.reduce((sum, { replicas }) => sum + rest(replicas), 0);
  const settled = createSettled(calm);
  const isOver = ({ at, nodes, waiting, running }: Sample): boolean =>
    settled(JSON.stringify([nodes, running]), at) && waiting === 0 && running === remaining;
  const consolidated = await watch.until(isOver);

  console.log("\nScale-down: no pod is left\n");
  await clear(cloud.client);
  const empty = await watch.until(({ nodes, waiting, running }) => nodes.length + waiting + running === 0);

  writeFileSync(paths.karpenterReport, JSON.stringify(watch.samples, null, 2) + "\n");
  writeFileSync(paths.karpenterPlot, drawKarpenter(watch.samples, [0, full.at]));
  await progress.step("Clean-up: pulumi up without Karpenter", () => cloud.up({ enabled: false }));
  const left = await leftovers(cloud);
  if (left.length > 0) throw new UserError(`Karpenter is removed, and there is still ${left.join(", ")}.`);
  console.log("Nothing of Karpenter is left: no node, no node pool, no definition.");
  await shutdown(progress);

  console.log(
    `\n${plural(all, "pod")} ran after ${full.at.toFixed(0)} s on ${describeNodes(full.nodes)}, for ${full.price.toFixed(2)} EUR an hour; ` +
      `${plural(remaining, "pod")} in the end on ${describeNodes(consolidated.nodes)}, for ${consolidated.price.toFixed(2)}. ` +
      `After ${empty.at.toFixed(0)} s there was no node. The local cloud is gone.`,
  );
  console.log(`Plot: ${paths.karpenterPlot}`);
}

/** Looks at the cluster, and shows what changes. */
async function startWatch({ client }: KarpenterCloud) {
  const prices = await readPrices(true);
  const samples: Sample[] = [];
  const start = Date.now();
  return {
    samples,
    /** Returns the first sample for which `isOver` is true. @throws {UserError} if there is none in time */
    until(isOver: (sample: Sample) => boolean): Promise<Sample> {
      const show = openTable(["waiting", "running", "nodes", "EUR/h"]);
      const look = async (): Promise<Sample | undefined> => {
        const sample = sampleOf(await readState(client), prices, (Date.now() - start) / 1000);
        samples.push(sample);
        show(sample.at, [sample.waiting, sample.running, sample.nodes.length, sample.price.toFixed(2)], describeNodes(sample.nodes));
        return isOver(sample) ? sample : undefined;
      };
      const overdue = (): never => {
        throw new UserError(
          `Not done after ${timeout / 1000} s. See \`npm run local -- exec -- kubectl --namespace karpenter logs deploy/karpenter\`.`,
        );
      };
      return poll(look, { timeout, pause: interval, overdue });
    },
  };
}

const program = withSettings(new Command("npm run demo:karpenter --"))
  .description(
    "Boots a local cloud of three zones with Karpenter, shows which nodes it orders, consolidates and removes, and takes all of it down again.",
  )
  .showHelpAfterError()
  .action(demo);

if (require.main === module) main(async () => void (await program.parseAsync()));
