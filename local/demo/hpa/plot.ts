import { drawPanels } from "../plot";

export interface Point {
  /** Seconds since the start. */
  readonly at: number;
  readonly replicas: number;
  /** Requests a second, of all pods together. */
  readonly requests: number;
}

export interface Plot {
  readonly points: readonly Point[];
  /** When the load began and ended, in seconds. */
  readonly load: readonly [number, number];
  readonly minReplicas: number;
}

/** Draws requests and pods over time; the time of the load is shaded. */
export function drawPlot({ points, load, minReplicas }: Plot): string {
  const line = (value: (point: Point) => number) => points.map((point) => ({ at: point.at, value: value(point) }));
  const requests = { title: "Requests a second", points: line((point) => point.requests) };
  const pods = { title: "Pods", points: line((point) => point.replicas), least: minReplicas };
  return drawPanels("Requests and pods over time", [requests, pods], load);
}
