import { type ParametersInput } from "../../batch";
import { type ConfigMap } from "../../batch/cluster";
import { manifests, readTaskIndex } from "../../batch/manifest";
import { taskList } from "../../batch/tasks";
import { parametersWith } from "./fakes/parameters";

const tasksOf = (count: number, env: (i: number) => Record<string, string> = (i) => ({ INPUT: `videos/${i}.mp4` })) =>
  Array.from({ length: count }, (_, i) => ({ name: `${i}.mp4`, env: env(i), fingerprint: i.toString(16).padStart(32, "0") }));

const build = (values: Partial<ParametersInput> = {}, tasks = tasksOf(2)) =>
  manifests(parametersWith(values), "thumbnails-0123456789", tasks);

interface PodSpec {
  readonly containers: readonly { readonly command: string[]; readonly resources: object; readonly securityContext: object }[];
  readonly volumes: readonly { readonly projected: { readonly sources: object[] } }[];
  readonly securityContext: object;
  readonly automountServiceAccountToken: boolean;
}
interface JobSpec {
  readonly podFailurePolicy: { readonly rules: object[] };
  readonly template: { readonly spec: PodSpec };
}

const specOf = (values: Partial<ParametersInput> = {}, tasks = tasksOf(2)) => build(values, tasks).job.spec as unknown as JobSpec;
const podOf = (values: Partial<ParametersInput> = {}) => specOf(values).template.spec;
const containerOf = (values: Partial<ParametersInput> = {}) => podOf(values).containers[0]!;

const dataOf = ({ configMaps }: { configMaps: readonly ConfigMap[] }) =>
  Object.assign({}, ...configMaps.map(({ data }) => data)) as Record<string, string>;

test("Job and pods are labelled with their pool, which the user's labels cannot change", () => {
  const { job } = build({ labels: { team: "media", nodepool: "other" }, pool: "large" });
  const labels = { nodepool: "large", "app.kubernetes.io/managed-by": "ovh-mks-batch", "batch.ovh-mks/job": "thumbnails", team: "media" };
  expect(job.metadata).toMatchObject({ name: "thumbnails-0123456789", namespace: "batch", labels });
  expect((job.spec as unknown as JobSpec).template).toMatchObject({
    metadata: { labels, annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" } },
    spec: { nodeSelector: { nodepool: "large" } },
  });
});

test("the pod meets the restricted Pod Security Standard and has no service account token", () => {
  const pod = podOf();
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod).not.toHaveProperty("serviceAccountName");
  expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  expect(pod.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});

test("a service account and a user are given on request", () => {
  expect(podOf({ serviceAccount: "uploader", runAsUser: 1000 })).toMatchObject({
    automountServiceAccountToken: true,
    serviceAccountName: "uploader",
    securityContext: { runAsNonRoot: true, runAsUser: 1000 },
  });
});

test("the Job is an Indexed one, suspended, with retries for each task", () => {
  expect(specOf({ retries: 2 }, tasksOf(5))).toMatchObject({
    suspend: true,
    completionMode: "Indexed",
    completions: 5,
    parallelism: 5,
    backoffLimitPerIndex: 2,
    podReplacementPolicy: "Failed",
  });
});

test("parallelism and maxFailedTasks are never larger than the number of tasks", () => {
  expect(specOf({ parallelism: 3, maxFailedTasks: 9 })).toMatchObject({ parallelism: 2, maxFailedIndexes: 2 });
  expect(specOf({ parallelism: 1, maxFailedTasks: 0 })).toMatchObject({ parallelism: 1, maxFailedIndexes: 0 });
});

test("limits that are not asked for are not set", () => {
  expect(specOf()).not.toHaveProperty("maxFailedIndexes");
  expect(specOf()).not.toHaveProperty("activeDeadlineSeconds");
  expect(podOf()).not.toHaveProperty("activeDeadlineSeconds");
  expect(specOf({ deadlineSeconds: 9, taskDeadlineSeconds: 5 })).toMatchObject({
    activeDeadlineSeconds: 9,
    template: { spec: { activeDeadlineSeconds: 5 } },
  });
});

test("a disrupted pod does not count as a retry, and a final exit status ends the task", () => {
  const ignore = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };
  expect(specOf().podFailurePolicy.rules).toEqual([ignore]);
  // Kubernetes takes the first rule that matches, and sorted values only.
  expect(specOf({ finalExitCodes: [100, 65] }).podFailurePolicy.rules).toEqual([
    ignore,
    { action: "FailIndex", onExitCodes: { operator: "In", values: [65, 100] } },
  ]);
});

test("a task has its memory as request and limit, and no CPU limit", () => {
  expect(containerOf({ cpu: "500m", memory: "2Gi", ephemeralStorage: "3Gi" }).resources).toEqual({
    requests: { cpu: "500m", memory: "2Gi", "ephemeral-storage": "3Gi" },
    limits: { memory: "2Gi", "ephemeral-storage": "3Gi" },
  });
});

test("command, shell line and environment come through the wrapper untouched by Kubernetes", () => {
  expect(containerOf({ command: ["node", "$(A)"] }).command.slice(-2)).toEqual(["node", "$$(A)"]);
  expect(containerOf({ command: undefined, shell: "echo $A" }).command.slice(-3)).toEqual(["bash", "-cl", "echo $$A"]);
  expect(containerOf({ env: { A: "$(B)" }, envFrom: ["s3-credentials"] })).toMatchObject({
    env: [{ name: "A", value: "$$(B)" }],
    envFrom: [{ secretRef: { name: "s3-credentials" } }],
  });
});

test("no manifest holds the store's credentials", () => {
  expect(JSON.stringify(build())).not.toContain("very-secret");
});

test("10,000 tasks fit into ConfigMaps below 1 MiB, all of them mounted, each task in the file its pod reads", () => {
  const built = build(
    {},
    tasksOf(10_000, (i) => ({ INPUT: `videos/${i}.mp4`, NOTE: "é".repeat(200) })),
  );
  const sizes = built.configMaps.map((configMap) => Buffer.byteLength(JSON.stringify(configMap)));
  expect(sizes.length).toBeGreaterThan(4);
  expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
  expect(Buffer.byteLength(JSON.stringify(built.job))).toBeLessThan(10_000);
  const { template } = built.job.spec as unknown as JobSpec;
  const withTasks = built.configMaps.filter(({ data }) => Object.keys(data!).some((key) => key.endsWith(".sh")));
  expect(template.spec.volumes[0]!.projected.sources).toEqual(withTasks.map(({ metadata: { name } }) => ({ configMap: { name } })));
  const data = dataOf(built);
  for (const i of [0, 99, 100, 9_999]) expect(data[`${Math.floor(i / 100)}.sh`]).toContain(`\n${i}) export INPUT='videos/${i}.mp4'`);
});

test("the tasks are read back from the ConfigMaps, in whatever order these come", () => {
  const tasks = tasksOf(30_000);
  const { job, configMaps } = build({}, tasks);
  expect(configMaps.filter(({ metadata }) => metadata.name.includes("-index-")).length).toBeGreaterThan(1);
  expect(readTaskIndex(job, [...configMaps].reverse())).toEqual(tasks.map(({ name, fingerprint }) => ({ name, fingerprint })));
});

test("a Job that lost one of its ConfigMaps has no known tasks", () => {
  const { job, configMaps } = build({}, tasksOf(30_000));
  expect(readTaskIndex(job, configMaps.slice(0, -1))).toBeUndefined();
  expect(readTaskIndex(job, [])).toBeUndefined();
});

test("manifests are the same each time, and tell their tasks apart", () => {
  expect(build()).toEqual(build());
  expect(build().job.metadata.annotations).toEqual({ "batch.ovh-mks/tasks": taskList(tasksOf(2)) });
  expect(build({}, tasksOf(3)).job.metadata.annotations).not.toEqual(build().job.metadata.annotations);
});
