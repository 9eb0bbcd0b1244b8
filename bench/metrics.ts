import { setTimeout as sleep } from "node:timers/promises";
import { startMetricsCloud } from "../local/demo/hpa/cloud";
import type { Kubectl } from "../local/demo/kubectl";
import { untilMeasured, watchHpa } from "../local/demo/hpa/watch";
import { createProgress } from "../local/lib/progress";
import { type Benchmark, median } from "./harness/result";

const service = "podinfo";
const rounds = 3;

/** Seconds between two looks of the HPA at its metrics (the controller manager's default), and between two scrapes (metrics.scrapeIntervalSeconds). */
const syncPeriod = 15;
const resolution = 15;

/** Milliseconds for one way. */
const timeout = 300_000;

export const metrics: Benchmark = {
  name: "metrics",
  description: "how soon the HPA scales up under load, and what the metrics stack takes of memory",
  async measure(say) {
    const progress = createProgress(say);
    const { kubectl } = await startMetricsCloud(progress);
    await untilMeasured(kubectl, service);
    // What is measured is the way up: without the minute's look back, the way down between two rounds is short.
    const behavior = { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } };
    await kubectl(["--namespace", "services", "patch", "hpa", service, "--type=merge", "--patch", JSON.stringify(behavior)]);
    const seconds: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await watchHpa(kubectl, service, ({ replicas }) => replicas === 2, { timeout, onSample: () => undefined });
      // Each round begins at another moment of both periods.
      await sleep(((round - 1) / rounds) * syncPeriod * 1000);
      seconds.push(await timeScaleUp(kubectl));
      say(`round ${round}: first scale-up after ${seconds.at(-1)!.toFixed(1)} s`);
    }
    const against = `the HPA's sync period (${syncPeriod} s) and the metrics' resolution (${resolution} s)`;
    const floor = syncPeriod + resolution;
    return [
      { name: "first-scale-up-vs-floor", value: median(seconds) / floor, unit: "ratio", comparator: "<=", goal: 1.3, against },
      { name: "slowest-scale-up-vs-floor", value: Math.max(...seconds) / floor, unit: "ratio", comparator: "<=", goal: null, against },
      {
        name: "stack-rss-mib",
        value: await stackMemory(kubectl),
        unit: "MiB",
        comparator: "<=",
        goal: null,
        against: "nothing: metrics-server, Prometheus and prometheus-adapter together, under the samples' load",
      },
    ];
  },
};

/** From the start of the load until the HPA has decided on more pods. */
async function timeScaleUp(kubectl: Kubectl): Promise<number> {
  const start = Date.now();
  // For a minute. It ends by itself: a killed `kubectl exec` would leave hey at work.
  const hey = ["hey", "-n", "3000", "-q", "10", "-c", "5", `http://${service}/`];
  const load = kubectl(["--namespace", "services", "exec", "deploy/podinfo-cpu", "--", ...hey], { timeout });
  let at = 0;
  const onSample = (sample: { readonly at: number }): void => void (at = sample.at);
  await Promise.all([load, watchHpa(kubectl, service, ({ desired }) => desired > 2, { start, timeout, onSample })]);
  return at;
}

/** Resident memory, MiB, as cAdvisor has it of the pods (some runtimes give it no names of containers). Prometheus does not keep it. */
async function stackMemory(kubectl: Kubectl): Promise<number> {
  const nodes = (await kubectl(["get", "nodes", "--output", "name"])).trim().split("\n");
  const pages = nodes.map((node) => kubectl(["get", "--raw", `/api/v1/nodes/${node.replace("node/", "")}/proxy/metrics/cadvisor`]));
  const ofPod = new Map<string, number>();
  for (const [, pod, bytes] of (await Promise.all(pages)).join("\n").matchAll(rss)) {
    ofPod.set(pod!, Math.max(ofPod.get(pod!) ?? 0, Number(bytes)));
  }
  const bytes = [...ofPod.values()].reduce((sum, one) => sum + one, 0);
  if (!(bytes > 0)) throw new Error("the kubelets do not know the memory of the metrics stack");
  return bytes / 2 ** 20;
}

/** A container's or pod's line of the namespace `metrics`. */
const rss = /^container_memory_rss\{.*namespace="metrics",pod="([^"]+)"\} (\S+)/gm;
