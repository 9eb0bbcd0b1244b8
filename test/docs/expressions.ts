import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { rulesOf } from "../../components/metrics/prometheus/rules";

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
}

const folder = join(__dirname, "..", "..", "docs", "grafana");

export const dashboards = readdirSync(folder).map((name) => ({
  name,
  dashboard: JSON.parse(readFileSync(join(folder, name), "utf8")) as Dashboard,
}));

export const expressionsOf = ({ panels }: Dashboard): string[] => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

export const rules = rulesOf({ autoscaler: true, batchController: true, keda: true, karpenter: true }).groups.flatMap(
  (group) => group.rules,
);

const keywords = new Set(["and", "or", "unless", "bool", "offset"]);

/** Names of the metrics that a PromQL expression reads: identifiers that are neither functions, nor labels, nor in strings. */
export function metricNames(expression: string): string[] {
  const bare = expression
    .replace(/"(\\.|[^"\\])*"/g, "")
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, "")
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  const names = bare.match(/(?<![\w:.])[a-z_:][\w:]*(?![\w:]|\s*\()/gi) ?? [];
  return [...new Set(names.filter((name) => !keywords.has(name)))];
}
