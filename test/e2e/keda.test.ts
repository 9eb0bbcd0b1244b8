/**
 * KEDA on a local cloud, in steps that build on each other: a KEDA that is there already, install, ScaledJobs that start Jobs, an operator that is killed,
 * ScaledObjects, an update that changes nothing, destroy with ScaledJobs left. Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { localEnvironment } from "../../local/environment";
import { exec, type ExecOptions } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { loadSettings, type Settings } from "../../local/lib/settings";
import { localOverrides } from "../../local/pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../local/pulumi/stack";
import { keepSettings } from "./kept-settings";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();
const account = "system:serviceaccount:keda:keda-operator";
const { definitions } = JSON.parse(readFileSync(join(paths.root, "components", "keda", "crds.json"), "utf8")) as {
  definitions: { name: string; spec: object }[];
};

let settings: Settings;
let env: Awaited<ReturnType<typeof localEnvironment>>;

const kubectl = (args: readonly string[], options: ExecOptions = {}): Promise<string> =>
  exec("kubectl", ["--request-timeout=20s", ...args], { timeout: 60_000, ...options, env });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl(["get", ...args, "--output", "json"])) as T;
const apply = (...objects: object[]): Promise<string> =>
  kubectl(["apply", "--server-side", "-f", "-"], { input: objects.map((object) => JSON.stringify(object)).join("\n---\n") });

/** Updates the stack with these settings of KEDA. @returns what was changed */
async function up(keda: Record<string, unknown>) {
  const pools = { system: { maxNodes: 1 }, compute: { maxNodes: 1 } };
  const added = { "ovh-mks-batch:thumbnails": { enabled: false }, "ovh-mks-batch:pools": pools, "ovh-mks-batch:keda": keda };
  writeStackConfig({ ...localOverrides(settings), ...added });
  const { counts, outputs } = await update(await openStack(env), "up", progress.say);
  writeFileSync(paths.kubeconfig, outputs.kubeconfig!.value as string, { mode: 0o600 });
  return counts;
}

interface Job {
  readonly metadata: { readonly name: string };
  readonly status: { readonly succeeded?: number };
}
const jobsOf = async (scaledJob: string): Promise<Job[]> =>
  (await json<{ items: Job[] }>("jobs", "--namespace", "batch", "--selector", `scaledjob.keda.sh/name=${scaledJob}`)).items;
const done = async (scaledJob: string): Promise<number> => (await jobsOf(scaledJob)).filter(({ status }) => status.succeeded === 1).length;

interface Operator {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly phase: string;
    readonly podIP: string;
    readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[];
  };
}
const podsOf = async (namespace: string, app: string): Promise<Operator[]> =>
  (await json<{ items: Operator[] }>("pods", "--namespace", namespace, "--selector", `app.kubernetes.io/name=${app}`)).items;
const operators = (): Promise<Operator[]> => podsOf("keda", "keda-operator");
const log = (): Promise<string> => kubectl(["logs", "--namespace", "keda", "deploy/keda-operator", "--tail=-1"]);

/** Lines of a log about something that was not allowed. */
const refusals = (text: string): string[] =>
  text.split("\n").filter((line) => /forbidden|cannot (list|get|watch|create|update|patch|delete)/i.test(line));

/** On a pool that has no node at first. */
const podOf = (...command: string[]): object => ({
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
  terminationGracePeriodSeconds: 0,
  nodeSelector: { nodepool: "compute" },
  tolerations: [{ operator: "Exists" }],
  containers: [
    {
      name: "worker",
      image: "docker.io/library/debian:trixie-slim",
      command,
      resources: { requests: { cpu: "20m", memory: "16Mi" } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
});
/** A ScaledJob whose Jobs end at once. */
const scaledJob = (name: string, trigger: object): object => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledJob",
  metadata: { name, namespace: "batch" },
  spec: {
    pollingInterval: 2,
    maxReplicaCount: 1,
    jobTargetRef: { backoffLimit: 0, template: { spec: { ...podOf("true"), restartPolicy: "Never" } } },
    triggers: [trigger],
  },
});

beforeAll(async () => {
  await shutdown(progress);
  settings = loadSettings(paths.settings, { keda: "scaled-objects", realNodes: 2 });
  await startDaemon(progress, settings);
  env = await localEnvironment(progress);
  await up({ enabled: false });
});
afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

test("a KEDA that is there already is left alone, and what to set is said", async () => {
  const { spec } = definitions.find(({ name }) => name === "scaledjobs.keda.sh")!;
  const metadata = { name: "scaledjobs.keda.sh", labels: { "app.kubernetes.io/managed-by": "Helm" } };
  await apply({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata, spec });
  await expect(up({ enabled: true })).rejects.toThrow(
    "keda.installation (install) must be existing: the cluster has a KEDA already, installed by Helm",
  );
  expect(await kubectl(["get", "namespaces", "--output", "name"])).not.toContain("namespace/keda");
  expect(await up({ enabled: true, installation: "existing" })).toMatchObject({ failed: 0 });
  expect((await json<{ metadata: { labels: object } }>("crd", "scaledjobs.keda.sh")).metadata.labels).toEqual(metadata.labels);
  await kubectl(["delete", "crd", "scaledjobs.keda.sh"]);
});

test("the operator runs with its certificate, at its first start", async () => {
  await up({ enabled: true });
  const { items } = await json<{ items: { metadata: { name: string } }[] }>("crds");
  const names = items.map(({ metadata }) => metadata.name).filter((name) => name.endsWith("keda.sh"));
  expect(names.sort()).toEqual(definitions.map(({ name }) => name).sort());
  const [operator] = await operators();
  expect(operator!.status.containerStatuses).toMatchObject([{ ready: true, restartCount: 0 }]);
  await until("the gRPC server has its certificate", async () => (await log()).includes("Starting Metrics Service gRPC Server"));
  expect(await kubectl(["get", "--namespace", "keda", "pods", "--output", "name"])).toMatch(/^pod\/keda-operator-\S+\n$/);
});

test("a ScaledJob starts Jobs as long as there is work, on a node that it makes the pool get", async () => {
  const [controller] = await podsOf("batch-operator", "batch-controller");
  const url = `http://${controller!.status.podIP}:8080/metrics`;
  const trigger = { type: "metrics-api", authenticationRef: { name: "token" } };
  const metadata = { url, format: "prometheus", valueLocation: "mks_batch_controller_leader", targetValue: "1", authMode: "bearer" };
  await apply(
    { apiVersion: "v1", kind: "Secret", metadata: { name: "token", namespace: "batch" }, stringData: { token: "the token" } },
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "TriggerAuthentication",
      metadata: { name: "token", namespace: "batch" },
      spec: { secretTargetRef: [{ parameter: "token", name: "token", key: "token" }] },
    },
    scaledJob("by-metric", { ...trigger, metadata }),
    scaledJob("by-pods", { type: "kubernetes-workload", metadata: { podSelector: "queue=work", value: "1" } }),
  );
  await until("a Job by a metric is complete", async () => (await done("by-metric")) > 0);
  expect(await jobsOf("by-pods")).toEqual([]);
  await kubectl(["annotate", "--namespace", "batch", "scaledjob/by-metric", "autoscaling.keda.sh/paused=true"]);
  await until("it is paused", async () => (await jobsOf("by-metric")).every(({ status }) => status.succeeded === 1));
});

test("a trigger that fails is seen in an Event and in the metric that the alert goes by", async () => {
  const auth = { name: "token", kind: "TriggerAuthentication" };
  const metadata = { url: "http://127.0.0.1:1/", valueLocation: "value", targetValue: "1", authMode: "bearer" };
  await apply(scaledJob("failing", { type: "metrics-api", metadata, authenticationRef: auth }));
  const [operator] = await operators();
  const path = `/api/v1/namespaces/keda/pods/${operator!.metadata.name}:8080/proxy/metrics`;
  await until("the error is counted", async () =>
    /^keda_scaled_job_errors_total\{[^}]*scaledJob="failing"[^}]*\} [1-9]/m.test(await kubectl(["get", "--raw", path])),
  );
  await until("the error is an Event", async () =>
    (await kubectl(["get", "events", "--namespace", "batch", "--field-selector", "reason=KEDAScalerFailed"])).includes("failing"),
  );
  await kubectl(["delete", "--namespace", "batch", "scaledjob", "failing"]);
});

test("an operator that is killed is followed by another one, which goes on", async () => {
  const [before] = await operators();
  await kubectl(["delete", "pod", "--namespace", "keda", before!.metadata.name, "--force", "--grace-period=0"]);
  await until("the next operator leads", async () => {
    const [after] = (await operators()).filter(({ metadata }) => metadata.name !== before!.metadata.name);
    const { spec } = await json<{ spec: { holderIdentity: string } }>("lease", "operator.keda.sh", "--namespace", "keda");
    return after?.status.containerStatuses?.[0]?.ready === true && spec.holderIdentity.startsWith(after.metadata.name);
  });
  const finished = await done("by-metric");
  await kubectl(["annotate", "--namespace", "batch", "scaledjob/by-metric", "autoscaling.keda.sh/paused-"]);
  await until("the next Job is complete", async () => (await done("by-metric")) > finished);
});

test("the operator did nothing that it may not do, and may read Secrets only where it has ScaledJobs", async () => {
  expect(refusals(await log())).toEqual([]);
  const may = (...args: string[]): Promise<string> =>
    kubectl(["auth", "can-i", ...args, "--as", account]).then(
      (answer) => answer.trim(),
      () => "no",
    );
  expect(await may("list", "secrets", "--namespace", "batch")).toBe("yes");
  expect(await may("list", "secrets", "--namespace", "batch-operator")).toBe("no");
  expect(await may("list", "secrets", "--all-namespaces")).toBe("no");
  expect(await may("create", "secrets", "--namespace", "keda")).toBe("no");
  expect(await may("create", "jobs", "--namespace", "default")).toBe("no");
});

/** It wants as many pods as there are with the label `queue: work`. */
const scaledObject = (name: string, target: string): object => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledObject",
  metadata: { name, namespace: "batch" },
  spec: {
    pollingInterval: 2,
    cooldownPeriod: 1,
    minReplicaCount: 0,
    maxReplicaCount: 2,
    scaleTargetRef: { name: target },
    triggers: [{ type: "kubernetes-workload", metadata: { podSelector: "queue=work", value: "1" } }],
  },
});
const replicas = async (): Promise<number> =>
  (await json<{ spec: { replicas: number } }>("deployment", "consumer", "--namespace", "batch")).spec.replicas;

test("with ScaledObjects, a Deployment is scaled from zero, further by the HPA, and back", async () => {
  const labels = { app: "consumer" };
  await up({ enabled: true, scaledObjects: true });
  const work = (name: string): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "batch", labels: { queue: "work" } },
    spec: podOf("sleep", "600"),
  });
  await apply(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "consumer", namespace: "batch" },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podOf("sleep", "600") } },
    },
    scaledObject("consumer", "consumer"),
    work("work-1"),
    work("work-2"),
  );
  await until("it has a pod", async () => (await replicas()) > 0);
  await until("the HPA knows the queue by the metrics adapter", async () => (await replicas()) === 2);
  // Its failurePolicy is Ignore: while the webhook's pod is not ready for a moment, anything is taken.
  await until("another one is refused", async () => {
    try {
      await apply(scaledObject("another", "consumer"));
    } catch (error) {
      expect((error as Error).message).toMatch(/denied the request: the workload 'consumer' .* is already managed/);
      return true;
    }
    await kubectl(["delete", "--namespace", "batch", "scaledobject", "another"]);
    return false;
  });
  await kubectl(["delete", "pods", "--namespace", "batch", "--selector", "queue=work", "--wait=false"]);
  await until("it has none", async () => (await replicas()) === 0);
  for (const app of ["keda-metrics-apiserver", "keda-admission-webhooks", "keda-operator"])
    expect(refusals(await kubectl(["logs", "--namespace", "keda", "--selector", `app.kubernetes.io/name=${app}`, "--tail=-1"]))).toEqual(
      [],
    );
});

test("the next update changes nothing", async () => {
  expect(await up({ enabled: true, scaledObjects: true })).toEqual({ created: 0, updated: 0, deleted: 0, failed: 0 });
});

test("KEDA goes with its definitions, the ScaledJobs and the ScaledObject that were left, before the nodes do", async () => {
  expect(await kubectl(["get", "scaledjobs", "--namespace", "batch", "--output", "name"])).toContain("scaledjob.keda.sh/by-metric");
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    progress.say(line);
  };
  // Each is deleted once the API server says that it is gone.
  expect(await update(await openStack(env), "destroy", say)).toMatchObject({ counts: { failed: 0 } });
  const places = definitions.map(({ name }) =>
    lines.findIndex((line) => line.includes(`CustomResourceDefinition keda-${name.split(".")[0]}`)),
  );
  const nodes = lines.findIndex((line) => line.includes("KubeNodePool system-pool"));
  for (const place of places) {
    expect(place).toBeGreaterThan(-1);
    expect(place).toBeLessThan(nodes);
  }
});
