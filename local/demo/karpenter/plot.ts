import { drawPanels, type Panel } from "../plot";
import { countBy, type Sample } from "./sample";

/** Draws pods, nodes by flavor and by zone, and their price over time. @param full from when to when all of the workload was there, in seconds */
export function drawKarpenter(samples: readonly Sample[], full: readonly [number, number]): string {
  const line = (title: string, value: (sample: Sample) => number): Panel => ({
    title,
    points: samples.map((sample) => ({ at: sample.at, value: value(sample) })),
  });
  const nodesBy = (key: "flavor" | "zone"): Panel => {
    const parts = [...new Set(samples.flatMap(({ nodes }) => nodes.map((node) => node[key])))].sort();
    const stacks = samples.map(({ at, nodes }) => {
      const counts = countBy(nodes, key);
      return { at, values: parts.map((part) => counts.get(part) ?? 0) };
    });
    return { title: `Nodes by ${key}`, parts, stacks };
  };
  return drawPanels(
    "Pods and Karpenter's nodes over time",
    [
      line("Pods that run", ({ running }) => running),
      nodesBy("flavor"),
      nodesBy("zone"),
      line("Price of the nodes, EUR an hour", ({ price }) => price),
    ],
    full,
  );
}
