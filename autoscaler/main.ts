import { hostname } from "node:os";
import { parseArgs } from "node:util";
import pino from "pino";
import { createActor } from "./act";
import { createCaches } from "./caches";
import { type Config, ovhAccess, readConfig, rulesOf } from "./config";
import { Controller } from "./controller";
import { ConfigError } from "./errors";
import { Events } from "./events";
import { kubeconfigAccess, podAccess } from "./kube/access";
import { KubeClient } from "./kube/client";
import { Election } from "./kube/leader";
import { createMetrics } from "./metrics";
import { OvhClient } from "./ovh";
import { serve } from "./server";

const help = `Scales the node pools of an OVHcloud Managed Kubernetes cluster to what the pods need.

Usage: autoscaler [options]
  --config FILE      configuration (YAML); README.md lists the keys. Default: the defaults
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
  const access = given.kubeconfig ? kubeconfigAccess(given.kubeconfig) : podAccess(process.env);
  const client = new KubeClient(access, (code) => metrics.increase("mks_autoscaler_api_errors_total", { code }));
  const ovh = ovhAccess(config, process.env);

  const caches = createCaches(client, () => controller.changed(), warn);
  const lease = {
    namespace: config.leaseNamespace,
    name: "autoscaler",
    identity: given.kubeconfig ? `${hostname()}-${process.pid}` : hostname(),
  };
  const onLeading = (leading: boolean): void => {
    metrics.set("mks_autoscaler_leader", {}, leading ? 1 : 0);
    log.info({ leading }, leading ? "this replica leads" : "this replica stands by");
    controller.changed();
  };
  const election = new Election(client, lease, onLeading, warn);
  const controller: Controller = new Controller({
    caches,
    actor: createActor(client, ovh && new OvhClient(ovh), caches.written),
    events: new Events(client, "ovh-mks-batch-autoscaler", warn),
    metrics,
    log,
    leading: () => dryRun || election.leading,
    rules: rulesOf(config),
    batchWindow: config.batchMilliseconds,
    resync: config.resyncSeconds * 1000,
    dryRun,
  });

  const closeServer = await serve(config.httpPort, { alive: () => controller.alive(), ready: caches.synced }, metrics);
  log.info({ dryRun, removal: ovh ? "by name, through the OVHcloud API" : "through the custom resource" }, "started");
  const resign = new AbortController();
  const electing = dryRun ? undefined : election.run(resign.signal);
  await Promise.all([caches.run(signal), controller.run(signal)]);
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
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  await run(config, values, stop.signal);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const expected = error instanceof ConfigError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    console.error(expected ? (error as Error).message : error);
    process.exit(expected ? 2 : 1);
  },
);
