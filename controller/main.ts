import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pino from "pino";
import { openBucket } from "../batch/storage/s3/store";
import { type Store, StoreError } from "../batch/storage/store";
import { controllerLease } from "../batch/jobs/submission";
import { messageOf } from "../common/errors";
import { printable } from "../common/printable";
import { plural } from "../common/text";
import { KubeClient } from "../kubernetes/client";
import { clusterOf, patient } from "../kubernetes/connect";
import { podConnection, readKubeconfig } from "../kubernetes/kubeconfig";
import { Election } from "../kubernetes/leader";
import { grantOf } from "../kubernetes/verb";
import { version } from "../package.json";
import { saveReport } from "../report/in-bucket";
import { Events } from "../service/events";
import { runProgram, untilSignal } from "../service/program";
import { serve } from "../service/server";
import { bucketOf, type Config, readConfig } from "./config";
import { Controller } from "./controller";
import { createMetrics } from "./metrics";
import { type Metrics } from "../service/metrics";
import { notificationSettings } from "../common/notification-settings";
import { readConfigFile } from "../service/config-file";
import { createNotifications, type Log, type Notifications } from "./notifications";
import { Windows } from "./windows";
import { createWorker } from "./worker";

const help = `Finishes and records the batch Jobs of a namespace, whether or not a client waits for them.

Usage: batch-controller [options]
  --config FILE      configuration (YAML); docs/batch-controller.md lists the keys. Default: the defaults
  --kubeconfig FILE  access to the cluster from outside. Default: this pod's service account
  --help             show this

The bucket and its keys come from the environment, as the Secret s3-credentials has them.`;

const options = {
  config: { type: "string" },
  kubeconfig: { type: "string" },
  help: { type: "boolean" },
} as const;

const taskStatuses = ["succeeded", "failed", "running", "pending"];

/** Of the Events about a Job's end. */
const eventReasons = { complete: "BatchComplete", failed: "BatchFailed", unfinished: "BatchUnfinished" } as const;

async function run(config: Config, kubeconfig: string | undefined, signal: AbortSignal): Promise<void> {
  const { namespace } = config;
  const log = pino({ level: config.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime });
  const metrics = createMetrics();
  const warn = (message: string): void => {
    metrics.increase("mks_batch_controller_errors_total");
    log.warn({ error: printable(message) }, "a call failed and is tried again");
  };
  const client = new KubeClient(kubeconfig === undefined ? podConnection(process.env) : readKubeconfig(kubeconfig), {
    ...patient,
    userAgent: "ovh-mks-batch-controller",
    onError: (code) => metrics.increase("mks_batch_api_errors_total", { api: "kubernetes", code }),
    onCall: (call) => metrics.increase("mks_batch_api_requests_total", { ...grantOf(call) }),
  });
  const settings = bucketOf(process.env);
  const store = openBucket(settings, (text) => log.warn(printable(text)));
  const cluster = clusterOf(client);
  const events = new Events(client, "ovh-mks-batch-controller", warn);
  const notifications =
    config.notificationsFile === undefined ? undefined : openNotifications(config.notificationsFile, store, metrics, log);

  const identity = kubeconfig === undefined ? hostname() : `${hostname()}-${process.pid}`;
  let led = false;
  const onLeading = (leading: boolean): void => {
    metrics.set("mks_batch_controller_leader", {}, leading ? 1 : 0);
    log.info({ leading }, leading ? "this replica leads" : "this replica stands by");
    // Whoever leads now goes on with what was begun here: two must not.
    if (led && !leading && !signal.aborted) {
      log.error("this replica leads no more: it ends, and its pod begins anew");
      process.exit(1);
    }
    led = leading;
    controller.turn();
  };
  const election = new Election(client, { namespace, name: controllerLease, identity }, onLeading, warn);

  const work = createWorker({
    ...{ cluster, store, settings, namespace, version },
    say: (job, text) => log.info({ job }, printable(text)),
    onProgress: (job, { succeeded, failed, running, waiting }) => {
      const pending = waiting.reduce((sum, { pods }) => sum + pods, 0);
      for (const [status, count] of Object.entries({ succeeded, failed, running, pending }))
        metrics.set("mks_batch_tasks", { job, status }, count);
    },
    onRest: (job) => taskStatuses.forEach((status) => metrics.remove("mks_batch_tasks", { job, status })),
    onRecord(lag) {
      metrics.increase("mks_batch_records_total");
      metrics.observe("mks_batch_recording_lag_seconds", {}, Math.max(0, lag) / 1000);
    },
    async tell(end, known) {
      const { parameters, result } = end;
      const { name } = parameters;
      const { status, reason } = result;
      log.info({ job: name, status, reason }, "a batch Job has ended");
      const type = status === "complete" ? "Normal" : "Warning";
      const { total, succeeded, failed } = result.counts;
      const text = `${succeeded} of ${plural(total, "task")} succeeded, ${failed} failed${reason === undefined ? "" : `: ${reason}`}`;
      const jobs = controller.runsOf(name).map(({ name, uid }) => ({ apiVersion: "batch/v1", kind: "Job", name, uid, namespace }));
      await events.tell(type, eventReasons[status], printable(text), jobs);
      // A page that cannot be made must not keep the end from being told.
      const reportKey = await saveReport(parameters, { cluster, store, known }).catch((error: unknown) => {
        if (error instanceof StoreError && error.transient) throw error;
        warn(`the report of ${name}: ${messageOf(error)}`);
        return undefined;
      });
      await notifications?.tell({ ...end, reportKey });
    },
  });
  const controller = new Controller({
    ...{ cluster, namespace, work },
    leading: () => election.leading,
    onError: warn,
    onOpen: (jobs) => metrics.set("mks_batch_jobs_open", {}, jobs),
  });
  const windows = new Windows({ client, namespace, leading: () => election.leading, onError: warn });
  const closeServer = await serve(config.httpPort, { alive: () => controller.alive(), ready: () => controller.synced() }, () =>
    metrics.text(),
  );
  log.info({ namespace, bucket: settings.bucket, version }, "started");
  const resign = new AbortController();
  const electing = election.run(resign.signal);
  await Promise.all([
    controller.run(signal),
    windows.run(signal),
    notifications && whileLeading(() => notifications.run(signal), election, signal),
  ]);
  resign.abort();
  await electing;
  closeServer();
  log.info("stopped");
}

function openNotifications(file: string, store: Store, metrics: Metrics, log: Log): Notifications {
  const settings = readConfigFile(notificationSettings, file);
  const outcome = (target: string, outcome: "sent" | "failed" | "given_up", by = 1): void =>
    metrics.increase("mks_batch_notifications_total", { target, outcome }, by);
  // From the start, for an increase from nothing is none to Prometheus.
  for (const { name } of settings.targets) for (const one of ["sent", "failed", "given_up"] as const) outcome(name, one, 0);
  const pending = (count: number): void => metrics.set("mks_batch_notifications_pending", {}, count);
  return createNotifications({ settings, store, metrics: { outcome: (target, one) => outcome(target, one), pending }, log });
}

/** Starts what only a leader does, once this replica is one. It never leads again after another has: then the process ends. */
async function whileLeading(work: () => Promise<void>, election: Election, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !election.leading) await sleep(500, undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) await work();
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(help);
  const config = readConfig(values.config);
  await run(config, values.kubeconfig, untilSignal(0));
}

runProgram(main);
