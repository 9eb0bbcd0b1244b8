import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { plural } from "../../../common/text";
import { withSettings } from "../../cli";
import { main, UserError } from "../../lib/errors";
import { paths } from "../../lib/paths";
import { createProgress } from "../../lib/progress";
import { openTable } from "../table";
import { startQueueCloud } from "./cloud";
import { drawQueue } from "./plot";
import { type Sample, watchQueue } from "./watch";

const items = 300;

/** Seconds that an item takes. */
const itemSeconds = 0.5;

/** Milliseconds for all items and for the way back to no node. */
const timeout = 600_000;

const pool = "compute";

async function demo(flags: Record<string, unknown>): Promise<void> {
  const progress = createProgress();
  const { kubectl, orders } = await startQueueCloud(progress, flags);
  await progress.step("Tables", () => orders.create(itemSeconds));
  await orders.clear();
  const start = Date.now();
  await orders.put(items);
  console.log(`\n${items} orders of ${itemSeconds} s each wait in the table \`orders\`.\n`);

  const samples: Sample[] = [];
  const show = openTable(["waiting", "running", "done", "Jobs", "pods", "nodes"]);
  const onSample = (sample: Sample): void => {
    samples.push(sample);
    const { at, waiting, running, done, jobs, runningPods, nodes } = sample;
    show(at, [waiting, running, done, jobs, runningPods, nodes], "█".repeat(runningPods));
  };
  const isOver = ({ done, dead, jobs, nodes }: Sample): boolean => done + dead === items && jobs === 0 && nodes === 0;
  await watchQueue({ kubectl, orders, pool }, isOver, { start, timeout, onSample });

  writeFileSync(paths.queueReport, JSON.stringify(samples, null, 2) + "\n");
  writeFileSync(paths.queuePlot, drawQueue(samples));
  const { done, dead, invoices, again } = samples.at(-1)!;
  if (done !== items || invoices !== items)
    throw new UserError(`Of ${items} orders, ${done} are done, ${dead} are dead letters, and there are ${invoices} invoices.`);
  const peak = (value: (sample: Sample) => number): number => Math.max(...samples.map(value));
  const lastItem = samples.find((sample) => sample.done === items)!.at;
  console.log(
    `\nAll ${items} orders are done exactly once after ${lastItem.toFixed(0)} s, with ${plural(again, "further try", "further tries")}: ` +
      `${plural(
        peak(({ runningPods }) => runningPods),
        "pod",
      )} and ${plural(
        peak(({ nodes }) => nodes),
        "node",
      )} at most. The pool is back at zero after ${samples.at(-1)!.at.toFixed(0)} s.`,
  );
  console.log(`Plot: ${paths.queuePlot}\nThe local cloud still runs: \`npm run local -- down\` removes it.`);
}

const program = withSettings(new Command("npm run demo:queue --"))
  .description("Boots the local cloud with KEDA and a database, fills a queue and shows how Jobs, pods and nodes rise and fall.")
  .showHelpAfterError()
  .action(demo);

if (require.main === module) main(async () => void (await program.parseAsync()));
