import { hostname } from "node:os";
import { parseArgs } from "node:util";
import pino from "pino";
import { createActor } from "./actuation/act";
import { createCaches } from "./caches";
import { catalogueUrl, type Config, ovhAccess, readConfig, rulesOf } from "./config";
import { Controller } from "./controller";
import { showJobs } from "./observability/job-states";
import { podConnection, readKubeconfig } from "../kubernetes/kubeconfig";
import { KubeClient } from "../kubernetes/client";
import { Election } from "../kubernetes/leader";
import { grantOf } from "../kubernetes/verb";
import { Events } from "../service/events";
import { runProgram, untilSignal } from "../service/program";
import { serve } from "../service/server";
import { FailedNodes, waitingPools } from "./cloud/failed-nodes";
import { DecisionMetrics } from "./observability/decision-metrics";
import { createMetrics } from "./observability/metrics";
import { OvhClient } from "./cloud/ovh";
import { Prices } from "./cloud/prices";

const help = `Scales the node pools of an OVHcloud Managed Kubernetes cluster to what the pods need.

Usage: autoscaler [options]
  --config FILE      configuration (YAML); docs/autoscaler.md lists the keys. Default: the defaults
  --kubeconfig FILE  access to the cluster from outside. Default: this pod's service account
  --dry-run          decide and log, but change nothing
  --help             show this`;

const options = {
  config: { type: "string" },
  kubeconfig: { type: "string" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean" },
} as const;

interface Arguments {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly "dry-run"?: boolean;
}

async function run(config: Config, given: Arguments, signal: AbortSignal): Promise<void> {
  const log = pino({ level: config.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime });
  const dryRun = given["dry-run"] ?? false;
  const warn = (error: string): void => log.warn({ error }, "a call failed and is tried again");

  const metrics = createMetrics();
  const decisionMetrics = new DecisionMetrics(metrics);
  const connection = given.kubeconfig ? readKubeconfig(given.kubeconfig) : podConnection(process.env);
  const failed = (api: string) => (code: string) => metrics.increase("mks_autoscaler_api_errors_total", { api, code });
  const client = new KubeClient(connection, {
    userAgent: "ovh-mks-batch-autoscaler",
    onError: failed("kubernetes"),
    onCall: (call) => metrics.increase("mks_autoscaler_api_requests_total", { ...grantOf(call) }),
  });
  const credentials = ovhAccess(config, process.env);
  const ovh = credentials && new OvhClient(credentials, undefined, failed("ovh"));
  const now = (): number => client.now();

  const cutoff = config.expendablePodsPriorityCutoff;
  const caches = createCaches(
    client,
    () => controller.changed(),
    warn,
    (namespace) => metrics.increase("mks_autoscaler_out_of_memory_pods_total", { namespace }),
    cutoff,
  );
  const leading = (): boolean => dryRun || election.leading;
  const wanted = (): string[] => (leading() && caches.synced() ? waitingPools(caches.snapshot(now())) : []);
  const failedNodes = ovh && new FailedNodes(ovh, wanted, () => controller.changed(), warn);
  const prices = new Prices(catalogueUrl(config), config.prices.nodeHour, config.prices.threeZones, warn);
  const lease = {
    namespace: config.leaseNamespace,
    name: "autoscaler",
    identity: given.kubeconfig ? `${hostname()}-${process.pid}` : hostname(),
  };
  const onLeading = (leading: boolean): void => {
    metrics.set("mks_autoscaler_leader", {}, leading ? 1 : 0);
    if (!leading) decisionMetrics.clear();
    log.info({ leading }, leading ? "this replica leads" : "this replica stands by");
    controller.changed();
  };
  const election = new Election(client, lease, onLeading, warn);
  const controller: Controller = new Controller({
    caches: { synced: caches.synced, snapshot: (time) => failedNodes?.complete(caches.snapshot(time)) ?? caches.snapshot(time) },
    actor: createActor(client, ovh, { ...caches.written, failed: (pool) => failedNodes?.forget(pool) }, { now, leading, cutoff }),
    events: new Events(client, "ovh-mks-batch-autoscaler", warn),
    metrics,
    decisionMetrics,
    log,
    leading,
    term: () => election.term,
    rules: () => rulesOf(config, prices.list.prices),
    prices: () => prices.list,
    now,
    batchWindow: config.batchMilliseconds,
    resync: config.resyncSeconds * 1000,
    dryRun,
  });

  const metricsText = (): Promise<string> => {
    showJobs(metrics, caches.jobStates());
    return metrics.text();
  };
  const closeServer = await serve(config.httpPort, { alive: () => controller.alive(), ready: caches.synced }, metricsText);
  log.info({ dryRun, removal: ovh ? "by name, through the OVHcloud API" : "through the custom resource" }, "started");
  const resign = new AbortController();
  const electing = dryRun ? undefined : election.run(resign.signal);
  await Promise.all([caches.run(signal), controller.run(signal), prices.run(signal), failedNodes?.run(signal)]);
  // Only now, so that no other replica acts while this one finishes its last action.
  resign.abort();
  await electing;
  closeServer();
  log.info("stopped");
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(help);
  const config = readConfig(values.config);
  await run(config, values, untilSignal(100));
}

runProgram(main);
