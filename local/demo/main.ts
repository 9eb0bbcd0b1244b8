import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { withSettings } from "../cli";
import { startDaemon } from "../daemon/control";
import { localEnvironment } from "../environment";
import { groupsOf } from "../images/definitions";
import { prepareTools } from "../images/prepare";
import { main } from "../lib/errors";
import { paths } from "../lib/paths";
import { createProgress } from "../lib/progress";
import { openStack, update, writeStackConfig } from "../pulumi/stack";
import { localOverrides } from "../pulumi/overrides";
import { loadSettings } from "../lib/settings";
import { Bucket } from "./bucket";
import { NodeWatch, nodeLister } from "./nodes";
import { type DemoReport, type Phase, renderReport } from "./report";
import { readOutputs } from "./outputs";
import { readTasks } from "./tasks";
import { makeSampleVideos } from "./videos";

/** How long the compute pool may take to return to zero, in milliseconds. */
const scaleDownTimeout = 300_000;

async function demo(options: Record<string, unknown>): Promise<void> {
  const progress = createProgress();
  const phases: Phase[] = [];
  const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = Date.now();
    const result = await progress.step(name, work);
    phases.push({ name, seconds: (Date.now() - start) / 1000 });
    return result;
  };

  const settings = loadSettings(paths.settings, options);
  const tools = await phase("Tools", () => prepareTools(groupsOf(settings), progress));
  const samples = await phase("Sample videos", () => makeSampleVideos(paths.samples, tools.ffmpeg, progress));
  await phase("Local cloud", () => startDaemon(progress, settings));
  const { environment, stack } = await phase("Stack", async () => {
    const environment = await localEnvironment(progress);
    writeStackConfig(localOverrides(settings));
    return { environment, stack: await openStack(environment) };
  });

  const counts = { created: 0, updated: 0, deleted: 0, failed: 0 };
  const up = async (name: string): Promise<ReturnType<typeof readOutputs>> => {
    const result = await phase(name, () => update(stack, "up", progress.say));
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += result.counts[key];
    return readOutputs(result.outputs);
  };

  // The bucket exists only once provisioned, so the videos come between two runs of the same command.
  const provisioned = await up("First pulumi up: infrastructure");
  writeFileSync(paths.kubeconfig, provisioned.kubeconfig, { mode: 0o600 });
  const bucket = new Bucket(provisioned.access);
  await phase("Upload", async () => {
    const sent = await bucket.upload(samples, "videos/");
    progress.say(`  ${sent} videos uploaded to ${provisioned.access.bucket}/videos/`);
  });

  const watch = new NodeWatch(await nodeLister(provisioned.kubeconfig, "compute"), progress.say);
  watch.start();
  await up("Second pulumi up: thumbnails").finally(() => watch.stop());
  const tasks = await readTasks("thumbnails", environment);
  await phase("Compute pool to zero", () => watch.untilEmpty(scaleDownTimeout));
  await phase("Download", async () => {
    mkdirSync(paths.thumbnails, { recursive: true });
    for (const task of tasks) if (task.output) await bucket.download(task.output, paths.thumbnails);
  });

  const report: DemoReport = { phases, tasks, nodes: watch.tally(), pulumi: counts };
  writeFileSync(paths.demoReport, JSON.stringify(report, null, 2) + "\n");
  console.log(renderReport(report));
  console.log(`\nThumbnails: s3://${provisioned.access.bucket}/thumbnails/, copied to ${paths.thumbnails}`);
  console.log(`Report: ${paths.demoReport}`);
  console.log("The local cloud still runs: `npm run local -- status` shows it, `npm run local -- down` removes it.");
}

const program = withSettings(new Command("npm run demo --"))
  .description("Boots the local cloud, runs `pulumi up` on it and makes thumbnails of sample videos.")
  .showHelpAfterError()
  .action(async (options: Record<string, unknown>) => {
    rmSync(paths.demoReport, { force: true });
    await demo(options);
  });

if (require.main === module) main(async () => void (await program.parseAsync()));
