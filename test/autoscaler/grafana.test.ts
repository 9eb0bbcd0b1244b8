import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "../../autoscaler/metrics";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const file = join(__dirname, "..", "..", "docs", "grafana", "autoscaler.json");
const dashboard = JSON.parse(readFileSync(file, "utf8")) as { panels: Panel[]; templating: { list: { query: unknown }[] } };
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** Kinds of the exporter's metrics, by name. */
const exported = new Map(
  [
    ...createMetrics()
      .text()
      .matchAll(/^# TYPE (\S+) (\S+)$/gm),
  ].map(([, name, kind]) => [name!, kind!]),
);

const names = (expression: string): string[] => expression.match(/\b(mks_autoscaler_\w+|process_\w+)/g) ?? [];

test("every metric that the dashboard uses exists in the exporter", () => {
  const used = [...expressions, JSON.stringify(dashboard.templating)].flatMap(names);
  expect(used.length).toBeGreaterThan(20);
  const known = (name: string): boolean => exported.has(name) || exported.get(name.replace(/_bucket$/, "")) === "histogram";
  expect(used.filter((name) => !known(name))).toEqual([]);
});

test("every metric of the exporter is on the dashboard", () => {
  const used = new Set(expressions.flatMap(names).map((name) => name.replace(/_bucket$/, "")));
  expect([...exported.keys()].filter((name) => !used.has(name))).toEqual([]);
});

test("counters are shown as rates or as sums, gauges as they are", () => {
  for (const expression of expressions) {
    for (const [, name] of expression.matchAll(/rate\((\w+)/g))
      expect([name, exported.get(name!.replace(/_bucket$/, ""))]).not.toEqual([name, "gauge"]);
  }
});

test("panels neither overlap nor share an id", () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
