import { type Alert, alert } from "./alert";
import { batchAlerts } from "./batch-alerts";
import { karpenterAlerts } from "./karpenter-alerts";
import { kedaAlerts } from "./keda-alerts";

/**
 * Recording and alert rules of batches and services. `promtool` checks them, and tries each alert on the series of
 * test/components/metrics/alerts.yml; docs/alerts.md tells what each one means and what to do.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
 */

interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** A replica of the autoscaler that does not lead any more still shows the last decision that it made. */
const ofLeader = (metric: string): string => `(${metric} and on (instance) mks_autoscaler_leader == 1)`;

const recorded: readonly Recording[] = [
  // Every replica of the autoscaler counts all Jobs.
  { record: "namespace_state:jobs:max", expr: "max by (namespace, state) (mks_autoscaler_jobs)" },
  { record: "namespace:job_failed_indexes:max", expr: "max by (namespace) (mks_autoscaler_job_failed_indexes)" },
  { record: "cluster:pods_pending:max", expr: `max${ofLeader("mks_autoscaler_pending_pods")}` },
  {
    // The pool is asked for nodes again every few minutes, and does not count as blocked meanwhile.
    record: "pool:blocked:max5m",
    expr: `max by (pool) ${ofLeader("max_over_time(mks_autoscaler_pool_blocked[5m])")}`,
  },
  { record: "pool:nodes_idle:rate10m", expr: 'sum by (pool) (rate(mks_autoscaler_node_seconds_total{state="idle"}[10m]))' },
  {
    // Of each second that nodes were paid for, the part in which nothing ran on them.
    record: "pool:node_seconds_idle:ratio30m",
    expr: 'sum by (pool) (rate(mks_autoscaler_node_seconds_total{state="idle"}[30m])) / sum by (pool) (rate(mks_autoscaler_node_seconds_total[30m]))',
  },
  { record: "namespace_app:http_requests:rate1m", expr: 'sum by (namespace, app) (rate(http_requests_total{job="pods"}[1m]))' },
  {
    record: "namespace:container_cpu_usage:rate5m",
    expr: 'sum by (namespace) (rate(container_cpu_usage_seconds_total{job="nodes"}[5m]))',
  },
  {
    record: "namespace:container_memory_working_set:bytes",
    expr: 'sum by (namespace) (container_memory_working_set_bytes{job="nodes"})',
  },
];

const alerts: readonly Alert[] = [
  alert(
    "JobFailing",
    "warning",
    "0m",
    'max by (namespace) (namespace_state:jobs:max{state="failed"} or namespace:job_failed_indexes:max) > 0',
    "A Job in the namespace {{ $labels.namespace }} has failed, or tasks of it have",
    "`kubectl --namespace {{ $labels.namespace }} get jobs` shows which, `mks-batch logs NAME` why.",
  ),
  alert(
    "PodsPendingForQuota",
    "warning",
    "10m",
    "(pool:blocked:max5m == 1) * on () group_left () cluster:pods_pending:max > 0",
    "{{ $value }} pods wait, and OVHcloud has refused the pool {{ $labels.pool }} nodes for more than 10 min",
    "Most often it is the project's quota: raise it in the OVHcloud Manager, or lower the pool's maxNodes.",
  ),
  alert(
    "PodsFitNoPool",
    "warning",
    "10m",
    'sum(increase(mks_autoscaler_decisions_total{decision="NoPoolFits"}[5m])) > 0',
    "Pods wait that no node of any pool is right for",
    "Events `NoPoolFits` of their Jobs say how many; compare their requests and selectors with the pools.",
  ),
  alert(
    "AutoscalerNotLeading",
    "critical",
    "2m",
    "absent(mks_autoscaler_leader == 1)",
    "No node autoscaler leads",
    "Pools neither grow nor shrink. See `kubectl --namespace autoscaler get pods,leases`.",
  ),
  alert(
    "NodesIdle",
    "warning",
    "75m",
    "pool:nodes_idle:rate10m > 0.5",
    '{{ $value | printf "%.0f" }} nodes of the pool {{ $labels.pool }} have been idle for more than 75 minutes',
    "The pool's minNodes keeps them, or, without `autoscaler.api`, another node of the pool that works.",
  ),
  alert(
    "PodHoldsNode",
    "warning",
    "75m",
    `max by (pool, node, pod) ${ofLeader("mks_autoscaler_pool_holding_pods")} == 1`,
    "{{ $labels.pod }}, of no Job, keeps the node {{ $labels.node }} of the pool {{ $labels.pool }} for more than 75 minutes",
    "Events `NodeHeld` of the pool say why: delete the pod if it can go on elsewhere, or let it be evicted.",
  ),
  alert(
    "NodesBroken",
    "warning",
    "30m",
    `max by (pool) ${ofLeader("mks_autoscaler_pool_broken_nodes")} > 0`,
    "{{ $value }} nodes of the pool {{ $labels.pool }} are broken, and are paid for",
    "Delete or reset them in OVHcloud's control panel; with `autoscaler.api` the autoscaler removes them by name.",
  ),
  alert(
    "PodsOutOfMemory",
    "warning",
    "0m",
    // Each replica counts all. A task's container is gone before Prometheus has scraped it twice, so that kubelets' own count says nothing of it.
    "max by (namespace) (increase(mks_autoscaler_out_of_memory_pods_total[10m])) > 0",
    "Pods of {{ $labels.namespace }} ended since they used more than their memory",
    "`mks-batch status` tells which tasks. Give the Job more memory, or `outOfMemory`.",
  ),
  alert(
    "ContainersOutOfMemory",
    "warning",
    "0m",
    'sum by (namespace, pod) (increase(container_oom_events_total{pod!=""}[10m])) > 0',
    "{{ $labels.namespace }}/{{ $labels.pod }} was killed for its memory",
    "Give the service more memory.",
  ),
  alert(
    "ScrapeFails",
    "warning",
    "10m",
    "up == 0",
    "{{ $labels.job }} {{ $labels.instance }} gives no metrics",
    "See Status, Targets in Prometheus for the reason. An HPA on a metric of this pod goes by the others' alone.",
  ),
];

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (Alert | Recording)[] }[];
}

/** What of this project runs in the cluster: where there is none, none can be down. */
export interface Expected {
  readonly autoscaler: boolean;
  readonly batchController: boolean;
  readonly keda: boolean;
  readonly karpenter: boolean;
}

export function rulesOf({ autoscaler, batchController, keda, karpenter }: Expected): RuleFile {
  const downs = { AutoscalerNotLeading: autoscaler, BatchControllerDown: batchController };
  const unexpected = Object.entries(downs).flatMap(([name, expected]) => (expected ? [] : [name]));
  return {
    groups: [
      { name: "recorded", rules: recorded },
      {
        name: "alerts",
        rules: [...alerts, ...batchAlerts, ...(keda ? kedaAlerts : []), ...(karpenter ? karpenterAlerts : [])].filter(
          (rule) => !unexpected.includes(rule.alert),
        ),
      },
    ],
  };
}
