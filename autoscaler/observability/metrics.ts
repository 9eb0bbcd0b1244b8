import { type Definition, type Definitions, Metrics, processMetrics } from "../../service/metrics";

const prefix = "mks_autoscaler_";

const gauges: Definitions = {
  leader: gauge("1 while this replica leads."),
  pending_pods: gauge("Pods that wait for a node."),
  podless_tasks: gauge("Tasks of batch Jobs that have no pod yet and count as pods that wait for a node."),
  patient_pods: gauge("Those pods and tasks that will start on nodes that there are, before a new node could be Ready."),
  pool_desired_nodes: gauge("Nodes that the pool is to have.", "pool"),
  pool_nodes: gauge("Nodes that the pool has.", "pool"),
  pool_ready_nodes: gauge("Nodes of the pool that are Ready.", "pool"),
  pool_busy_nodes: gauge("Nodes of the pool with pods of value.", "pool"),
  pool_broken_nodes: gauge("Nodes of the pool that were given up.", "pool"),
  pool_state: gauge("1 for the state that the pool is in, 0 for the others.", "pool", "state"),
  pool_holding_pods: gauge(
    "1 for each pod of no Job that alone keeps a node which would be removed otherwise, by pool, node and pod.",
    "pool",
    "node",
    "pod",
  ),
  pool_idle_wait_seconds: gauge(
    "How long the pool's next idle node is kept while billing is by the second, by pool and why: schedule, tasks-left, gaps, nothing-known.",
    "pool",
    "why",
  ),
  pool_blocked: gauge("1 while OVHcloud refuses the pool nodes.", "pool"),
  jobs: gauge("Jobs that exist, by namespace and state: active, suspended, succeeded, failed.", "namespace", "state"),
  job_failed_indexes: gauge("Indexes of these Jobs that failed for good, by namespace.", "namespace"),
};

const counters: Definitions = {
  decisions_total: counter("Decisions by what was decided: an action, or a report's code.", "decision"),
  actions_total: counter("Actions by type and outcome.", "action", "outcome"),
  pool_transitions_total: counter("Changes of the pools' states.", "pool", "from", "to"),
  api_requests_total: counter("Calls of the Kubernetes API by verb, group and resource, as roles grant them.", "verb", "group", "resource"),
  api_errors_total: counter("Failed calls by API (kubernetes, ovh) and HTTP status, or network.", "api", "code"),
  out_of_memory_pods_total: counter("Pods that ended since a container of theirs used more than its memory, by namespace.", "namespace"),
  node_seconds_total: counter("Time that nodes existed, by what they did: busy, idle, starting, broken.", "pool", "state"),
  node_hours_total: counter(
    "Node hours that OVHcloud bills: the time from the order on, a minute at least, or with hourly billing the clock hours that have begun.",
    "pool",
  ),
  cost_total: counter("What these hours cost, by the price list.", "pool", "currency"),
};

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const histograms: Definitions = {
  decision_duration_seconds: histogram("Time that a decision took.", seconds),
  order_latency_seconds: histogram("From the creation of the oldest pod that an order of nodes is for to the answered order.", [
    ...seconds,
    30,
    60,
    300,
  ]),
  action_duration_seconds: histogram("Time that an action took.", seconds, "action"),
  node_boot_seconds: histogram(
    "From the order of a node until it was Ready.",
    [10, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 3600],
    "flavor",
  ),
};

/** All metrics of the autoscaler, by name. */
export const definitions: Definitions = {
  ...Object.fromEntries(Object.entries({ ...gauges, ...counters, ...histograms }).map(([name, one]) => [prefix + name, one])),
  ...processMetrics,
};

export const createMetrics = (): Metrics => new Metrics(definitions);

function gauge(help: string, ...labels: string[]): Definition {
  return { type: "gauge", help, labels };
}

function counter(help: string, ...labels: string[]): Definition {
  return { type: "counter", help, labels };
}

function histogram(help: string, buckets: readonly number[], ...labels: string[]): Definition {
  return { type: "histogram", help, labels, buckets };
}
