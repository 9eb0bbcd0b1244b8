/** @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: "critical" | "warning" };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

/** An alert with its runbook in docs/alerts.md. */
export const alert = (
  name: string,
  severity: Alert["labels"]["severity"],
  forTime: string,
  expr: string,
  summary: string,
  description: string,
): Alert => ({
  alert: name,
  expr,
  for: forTime,
  labels: { severity },
  annotations: { summary, description, runbook: `docs/alerts.md#${name.toLowerCase()}` },
});
