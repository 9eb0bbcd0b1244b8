import { drawPanels } from "../plot";
import type { Sample } from "./watch";

/** Draws items, runs and nodes over time; the time until the last item was done is shaded. */
export function drawQueue(samples: readonly Sample[]): string {
  const line = (title: string, value: (sample: Sample) => number) => ({
    title,
    points: samples.map((sample) => ({ at: sample.at, value: value(sample) })),
  });
  const lastOpen = samples.findLast(({ waiting, running }) => waiting + running > 0)?.at ?? 0;
  return drawPanels(
    "Items, runs and nodes over time",
    [
      line("Items that wait or are at work", ({ waiting, running }) => waiting + running),
      line("Pods that run", ({ runningPods }) => runningPods),
      line("Nodes", ({ nodes }) => nodes),
    ],
    [0, lastOpen],
  );
}
