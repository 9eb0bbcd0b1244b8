import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { plural } from "../../../common/text";
import { withSettings } from "../../cli";
import { main } from "../../lib/errors";
import { paths } from "../../lib/paths";
import { createProgress } from "../../lib/progress";
import { openTable } from "../table";
import { startMetricsCloud } from "./cloud";
import { drawPlot, type Point } from "./plot";
import { type Sample, totalRequests, untilMeasured, watchHpa } from "./watch";

const service = "podinfo";
const minReplicas = 2;

/** The seed's load: 10,000 requests, 50 a second, of which a pod should get 10. */
const load = ["hey", "-n", "10000", "-q", "10", "-c", "5", `http://${service}/`];

/** Seconds for which the plot shows the fewest pods again. */
const aftermath = 15;

/** Milliseconds for the load and for the way back: a minute's look back, and some for a busy machine. */
const timeout = 600_000;

async function demo(flags: Record<string, unknown>): Promise<void> {
  const progress = createProgress();
  const { kubectl } = await startMetricsCloud(progress, flags);
  await progress.step("First metrics", () => untilMeasured(kubectl, service));

  const points: Point[] = [];
  let firstScaleUp: number | undefined;
  const start = Date.now();
  const seconds = (): number => (Date.now() - start) / 1000;
  let loadEnd: number | undefined;
  // It runs in a pod of the other sample, whose image has hey too.
  console.log(`\nkubectl --namespace services exec deploy/podinfo-cpu -- ${load.join(" ")}`);
  const running = kubectl(["--namespace", "services", "exec", "deploy/podinfo-cpu", "--", ...load], { timeout });
  const ended = running.then(
    (text) => void ((loadEnd = seconds()), console.log(`load ended: ${/Requests\/sec:.*/.exec(text)?.[0].replace(/\s+/g, " ") ?? ""}`)),
  );
  console.log();
  const show = openTable(["req/s", "req/s/pod", "pods", "wanted"], { width: 10 });
  const onSample = async ({ at, perPod, replicas, desired }: Sample): Promise<void> => {
    const requests = await totalRequests(kubectl, service);
    points.push({ at, replicas, requests });
    if (desired > minReplicas) firstScaleUp ??= at;
    show(at, [requests.toFixed(1), perPod?.toFixed(1) ?? "-", replicas, desired], "█".repeat(replicas));
  };
  let backAt: number | undefined;
  const isOver = ({ at, replicas }: Sample): boolean => {
    backAt = loadEnd !== undefined && replicas === minReplicas ? (backAt ?? at) : undefined;
    return backAt !== undefined && at - backAt >= aftermath;
  };
  await Promise.all([watchHpa(kubectl, service, isOver, { start, timeout, onSample }), ended]);

  const plot = { points, load: [0, loadEnd!], minReplicas } as const;
  writeFileSync(paths.hpaReport, JSON.stringify(plot, null, 2) + "\n");
  writeFileSync(paths.hpaPlot, drawPlot(plot));
  const peak = Math.max(...points.map(({ replicas }) => replicas));
  console.log(
    `\nFirst scale-up after ${firstScaleUp?.toFixed(0)} s, ${plural(peak, "pod")} at most, back at ${minReplicas} ${backAt?.toFixed(0)} s after the start.`,
  );
  console.log(`Plot: ${paths.hpaPlot}\nThe local cloud still runs: \`npm run local -- down\` removes it.`);
}

const program = withSettings(new Command("npm run demo:hpa --"))
  .description("Boots the local cloud with the metrics stack, puts load on a sample service and shows how it scales.")
  .showHelpAfterError()
  .action(demo);

if (require.main === module) main(async () => void (await program.parseAsync()));
