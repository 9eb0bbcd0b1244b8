import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { rulesOf } from "../../../components/metrics/prometheus/rules";
import { checkRules, findPromtool } from "./promtool";

interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

const cases = parse(readFileSync(join(__dirname, "alerts.yml"), "utf8")) as Cases;
const tried = cases.tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
const runbook = readFileSync(join(__dirname, "..", "..", "..", "docs", "alerts.md"), "utf8");
const ruleFile = rulesOf({ autoscaler: true, batchController: true, keda: true, karpenter: true });
const alerts = ruleFile.groups.flatMap(({ rules }) => rules).flatMap((rule) => ("alert" in rule ? [rule] : []));

test("rules have names of their own", () => {
  const names = ruleFile.groups.flatMap(({ rules }) => rules.map((rule) => ("alert" in rule ? rule.alert : rule.record)));
  expect(new Set(names).size).toBe(names.length);
});

describe.each(alerts.map((alert) => [alert.alert, alert] as const))("%s", (name, { annotations }) => {
  it("says what is wrong and what to do", () => {
    expect(annotations.summary).not.toMatch(/[.!]$/);
    expect(annotations.description).toMatch(/\.$/);
  });

  it("is tried with series on which it fires, and with others on which it does not", () => {
    const amounts = tried.filter(({ alertname }) => alertname === name).map(({ exp_alerts }) => exp_alerts.length > 0);
    expect(new Set(amounts)).toEqual(new Set([true, false]));
  });

  it("has a runbook", () => {
    const section = runbook.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? "";
    expect(section).toMatch(/^\*\*Means\.\*\* \S/m);
    expect(section).toMatch(/^\*\*To do\.\*\* \S/m);
    expect(annotations.runbook).toBe(`docs/alerts.md#${name.toLowerCase()}`);
  });
});

test("the runbook and the series are of no other alerts", () => {
  const names = alerts.map(({ alert }) => alert).sort();
  expect([...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name!).sort()).toEqual(names);
  expect([...new Set(tried.map(({ alertname }) => alertname))].sort()).toEqual(names);
});

const promtool = findPromtool();
if (!promtool)
  console.warn("promtool is neither on PATH nor in an image built here: the rules are only tried by `npm run test:e2e -- metrics-rules`.");

(promtool ? test : test.skip)(
  "promtool finds no fault in the rules, and each alert fires when it should, and only then",
  () => expect(checkRules(promtool!)).toMatch(/SUCCESS: \d+ rules found[^]*SUCCESS/),
  180_000,
);
