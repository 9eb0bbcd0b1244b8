import { type ParametersInput } from "../../../../batch";
import { type ConfigMap } from "../../../../kubernetes/cluster";
import { manifests, readTaskIndex } from "../../../../batch/jobs/manifest";
import { taskList } from "../../../../batch/spec/tasks";
import { parametersWith } from "../../fakes/parameters";

const tasksOf = (count: number, env: (i: number) => Record<string, string> = (i) => ({ INPUT: `videos/${i}.mp4` })) =>
  Array.from({ length: count }, (_, i) => ({ name: `${i}.mp4`, env: env(i), fingerprint: i.toString(16).padStart(32, "0") }));

const build = (values: Partial<ParametersInput> = {}, tasks = tasksOf(2)) =>
  manifests(parametersWith(values), "thumbnails-0123456789", tasks);

interface PodSpec {
  readonly containers: readonly {
    readonly command: string[];
    readonly resources: object;
    readonly securityContext: object;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
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

test("Job, pods and ConfigMaps are labelled with their pool, with the Job's name and as the user likes", () => {
  const { job, configMaps } = build({ labels: { team: "media" }, pool: "large" });
  const labels = { nodepool: "large", "app.kubernetes.io/managed-by": "ovh-mks-batch", "batch.ovh-mks/job": "thumbnails", team: "media" };
  expect(job.metadata).toMatchObject({ name: "thumbnails-0123456789", namespace: "batch", labels });
  expect((job.spec as unknown as JobSpec).template).toMatchObject({
    metadata: { labels, annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" } },
    spec: { nodeSelector: { nodepool: "large" } },
  });
  for (const { metadata } of configMaps) expect(metadata.labels).toMatchObject(labels);
});

test("annotations of the user are on Job and pods, beside ours", () => {
  const { job } = build({ annotations: { "example.com/owner": "media" }, minAvailable: 1 });
  expect(job.metadata.annotations).toMatchObject({ "example.com/owner": "media", "batch.ovh-mks/tasks": taskList(tasksOf(2)) });
  expect((job.spec as unknown as JobSpec).template).toMatchObject({
    metadata: {
      annotations: {
        "example.com/owner": "media",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "batch.ovh-mks/min-available": "1",
      },
    },
  });
});

test("no more tasks are asked for at once than there are to run", () => {
  const annotationsOf = (values: Partial<ParametersInput>, count: number) =>
    (build(values, tasksOf(count)).job.spec as unknown as { template: { metadata: { annotations: object } } }).template.metadata
      .annotations;
  const gang = { tasksFrom: { prefix: "", env: {} }, minAvailable: 50 };
  expect(annotationsOf(gang, 3)).toMatchObject({ "batch.ovh-mks/min-available": "3" });
  expect(annotationsOf(gang, 60)).toMatchObject({ "batch.ovh-mks/min-available": "50" });
  expect(annotationsOf({}, 3)).not.toHaveProperty("batch.ovh-mks/min-available");
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

test("a writable root file system and a group of the volumes are given on request, and nothing else changes", () => {
  const [strict, loose] = [podOf(), podOf({ readOnlyRootFilesystem: false, fsGroup: 2000 })];
  expect(loose.containers[0]?.securityContext).toEqual({ ...strict.containers[0]!.securityContext, readOnlyRootFilesystem: false });
  expect(loose.securityContext).toEqual({ ...strict.securityContext, fsGroup: 2000, fsGroupChangePolicy: "OnRootMismatch" });
});

test("pull secrets, priority class, tolerations and further demands on nodes are passed on", () => {
  const pod = podOf({
    imagePullSecrets: ["sh-k8s-registry-secret"],
    priorityClass: "low",
    tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
    nodeAffinity: [
      { key: "topology.kubernetes.io/zone", operator: "In", values: ["gra-a", "gra-b"] },
      { key: "spot", operator: "DoesNotExist" },
    ],
  });
  expect(pod).toMatchObject({
    imagePullSecrets: [{ name: "sh-k8s-registry-secret" }],
    priorityClassName: "low",
    tolerations: [
      { key: "pool.ovh-mks-batch/dedicated", operator: "Exists" },
      { key: "gpu", operator: "Exists", effect: "NoSchedule" },
    ],
    nodeSelector: { nodepool: "compute" },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          // One term: all of its expressions must hold.
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: "topology.kubernetes.io/zone", operator: "In", values: ["gra-a", "gra-b"] },
                { key: "spot", operator: "DoesNotExist" },
              ],
            },
          ],
        },
      },
    },
  });
  for (const name of ["imagePullSecrets", "priorityClassName", "affinity"]) expect(podOf()).not.toHaveProperty(name);
  expect(podOf()).toMatchObject({ tolerations: [{ key: "pool.ovh-mks-batch/dedicated", operator: "Exists" }] });
});

test("with Karpenter the pods choose its node pool, and are not to be moved", () => {
  const { metadata, spec } = build({ pool: "batch", provisioner: "karpenter" }).job.spec.template!;
  expect(spec?.nodeSelector).toEqual({ "karpenter.sh/nodepool": "batch" });
  expect(metadata?.annotations).toMatchObject({ "karpenter.sh/do-not-disrupt": "true" });
  expect(build({ pool: "batch" }).job.spec.template?.metadata?.annotations).not.toHaveProperty(["karpenter.sh/do-not-disrupt"]);
});

describe("volumes", () => {
  const tasksAndTmp = [
    { name: "tasks-0", mountPath: "/etc/ovh-mks-batch/0", readOnly: true },
    { name: "tmp", mountPath: "/tmp" },
  ];
  const storageOf = (volumes: ParametersInput["volumes"]) => {
    const pod = podOf({ volumes }) as unknown as { volumes: object[]; containers: { volumeMounts: object[] }[] };
    return { volumes: pod.volumes.slice(2), mounts: pod.containers[0]!.volumeMounts };
  };

  test("are only the tasks and /tmp by default", () => {
    expect(storageOf(undefined)).toEqual({ volumes: [], mounts: tasksAndTmp });
  });

  test("of one claim are one volume, mounted as often as asked for", () => {
    expect(
      storageOf([
        { claim: "data", mountPath: "/in", subPath: "2026", readOnly: true },
        { claim: "out", mountPath: "/out" },
        { claim: "data", mountPath: "/all" },
      ]),
    ).toEqual({
      volumes: [
        { name: "claim-0", persistentVolumeClaim: { claimName: "data" } },
        { name: "claim-1", persistentVolumeClaim: { claimName: "out" } },
      ],
      mounts: [
        ...tasksAndTmp,
        { name: "claim-0", mountPath: "/in", subPath: "2026", readOnly: true },
        { name: "claim-1", mountPath: "/out" },
        { name: "claim-0", mountPath: "/all" },
      ],
    });
  });

  test("for scratch are as large as asked for, and the pod's disk is that much larger: it would be evicted otherwise", () => {
    const volumes = [
      { scratch: "10Gi", mountPath: "/scratch" },
      { scratch: "512Mi", mountPath: "/cache" },
    ];
    expect(storageOf(volumes)).toEqual({
      volumes: [
        { name: "scratch-0", emptyDir: { sizeLimit: "10Gi" } },
        { name: "scratch-1", emptyDir: { sizeLimit: "512Mi" } },
      ],
      mounts: [...tasksAndTmp, { name: "scratch-0", mountPath: "/scratch" }, { name: "scratch-1", mountPath: "/cache" }],
    });
    expect(containerOf({ volumes, ephemeralStorage: "2Gi" }).resources).toMatchObject({
      requests: { "ephemeral-storage": "12800Mi" },
      limits: { "ephemeral-storage": "12800Mi" },
    });
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

test("a Job may keep fewer pods than its user allows, which an annotation tells; never more", () => {
  const of = (parallelism: number | undefined, pods?: number) =>
    manifests(parametersWith({ parallelism }), "thumbnails-0123456789", tasksOf(50), { pods }).job;
  const told = (job: ReturnType<typeof of>) => [job.spec.parallelism, job.metadata.annotations?.["batch.ovh-mks/parallelism"]];
  expect([of(undefined), of(undefined, 20), of(30, 20), of(10, 20)].map(told)).toEqual([
    [50, "50"],
    [20, "50"],
    [20, "30"],
    [10, "10"],
  ]);
});

test("pods tell that a batch controller records them, only where one does", () => {
  const of = (controlled?: boolean) => manifests(parametersWith(), "thumbnails-0123456789", tasksOf(2), { controlled }).job.spec.template;
  expect(of(true)?.metadata?.annotations).toMatchObject({ "batch.ovh-mks/recorded-by": "controller" });
  for (const absent of [undefined, false]) expect(of(absent)?.metadata?.annotations).not.toHaveProperty("batch.ovh-mks/recorded-by");
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

test("GPUs are request and limit, and not there when none are asked for", () => {
  const devices = { "example.com/dongle": "1", "example.com/slot": "2" };
  expect(containerOf({ extendedResources: { "example.com/dongle": 1, "example.com/slot": 2 } }).resources).toMatchObject({
    requests: devices,
    limits: devices,
  });
  expect(containerOf({ gpu: 2 }).resources).toMatchObject({ requests: { "nvidia.com/gpu": "2" }, limits: { "nvidia.com/gpu": "2" } });
  expect(JSON.stringify(podOf())).not.toContain("nvidia");
});

test("a task that ran out of memory is not tried again with the same, if it may have more", () => {
  const final = (values: Partial<ParametersInput>) => specOf(values).podFailurePolicy.rules.slice(1);
  const failIndex = (...values: number[]) => [{ action: "FailIndex", onExitCodes: { operator: "In", values } }];
  expect(final({ outOfMemory: { maxMemory: "4Gi" } })).toEqual(failIndex(137));
  expect(final({ outOfMemory: { maxMemory: "4Gi" }, finalExitCodes: [200, 137, 65] })).toEqual(failIndex(65, 137, 200));
});

test("secret variables are references: the manifest holds no value", () => {
  expect(containerOf({ env: { A: "1" }, secretEnv: { TOKEN: { secret: "api", key: "token" } } })).toMatchObject({
    env: [
      { name: "A", value: "1" },
      { name: "TOKEN", valueFrom: { secretKeyRef: { name: "api", key: "token" } } },
    ],
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

describe("the ConfigMaps that pods mount", () => {
  const names = (tasks: ReturnType<typeof tasksOf>) => build({}, tasks).configMaps.map(({ metadata }) => metadata.name);
  const mounted = (tasks: ReturnType<typeof tasksOf>) => names(tasks).filter((name) => !name.includes("index"));

  test("have another name with other data, since a kubelet may hold on to the data of a deleted one", () => {
    const [all, fewer] = [tasksOf(4), tasksOf(4).slice(2)];
    expect(mounted(all)).toHaveLength(1);
    expect(mounted(fewer)).not.toEqual(mounted(all));
    expect(mounted(tasksOf(4))).toEqual(mounted(all));
  });
});

describe("object size limits", () => {
  /** Every task in the file that its pod reads, all files mounted, all objects small enough. */
  function check(values: Partial<ParametersInput>, tasks: ReturnType<typeof tasksOf>) {
    const built = build(values, tasks);
    const sizes = built.configMaps.map((configMap) => Buffer.byteLength(JSON.stringify(configMap)));
    expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
    expect(Buffer.byteLength(JSON.stringify(built.job))).toBeLessThan(1_000_000);
    const { template } = built.job.spec as unknown as JobSpec;
    const withTasks = built.configMaps.filter(({ data }) => Object.keys(data!).some((key) => key.endsWith(".sh")));
    const { volumes, containers } = template.spec;
    // A projected volume would be in the node's memory.
    expect(volumes).toEqual([
      ...withTasks.map(({ metadata: { name } }, n) => ({ name: `tasks-${n}`, configMap: { name } })),
      { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
    ]);
    const mounts = containers[0]!.volumeMounts.filter(({ name }) => name !== "tmp").map(({ name, mountPath }) => [name, mountPath]);
    expect(mounts).toEqual(withTasks.map((_, n) => [`tasks-${n}`, `/etc/ovh-mks-batch/${n}`]));
    const data = dataOf(built);
    const perFile = Number(/\/ (\d+)/.exec(template.spec.containers[0]!.command[2]!)?.[1]);
    for (const i of [0, perFile - 1, perFile, tasks.length - 1].filter((i) => tasks[i])) {
      expect(data[`${Math.floor(i / perFile)}.sh`]?.includes(`\n${i}) export INPUT='${tasks[i]!.env.INPUT}'`)).toBe(true);
    }
    return { sources: withTasks.length, perFile };
  }
  const withNote = (note: string) => (i: number) => ({ INPUT: `videos/${i}.mp4`, NOTE: note });

  test("10,000 tasks of 300 bytes, and of 400 bytes in two-byte letters", () => {
    expect(check({}, tasksOf(10_000, withNote("x".repeat(300)))).sources).toBeLessThan(5);
    expect(check({}, tasksOf(10_000, withNote("é".repeat(200)))).sources).toBeGreaterThan(4);
  });

  test("100,000 tasks of 300 bytes", () => {
    expect(check({}, tasksOf(100_000, withNote("x".repeat(300)))).sources).toBeLessThan(50);
  });

  test("1,000 tasks of 20 KiB: fewer tasks to a file", () => {
    expect(check({}, tasksOf(1_000, withNote("x".repeat(20_480)))).perFile).toBeLessThan(50);
  });

  test("the largest Job that the parameters allow", () => {
    const env = Object.fromEntries(["A", "B", "C"].map((name) => [name, "x".repeat(127 * 1024)]));
    check({ env, command: ["a".repeat(127 * 1024)], annotations: { a: "b".repeat(64_000) } }, tasksOf(10_000));
  });

  test("more than a cluster should hold is refused with what to do", () => {
    const tasks = tasksOf(200, withNote("x".repeat(390 * 1024)));
    expect(() => build({}, tasks)).toThrow("tasks: their envs are 77 MiB in all, and may be 64 MiB; put larger data into the bucket");
  });
});

test("environments that do not fit on a pod's disk are refused with the numbers, whatever its memory is", () => {
  const tasks = tasksOf(3_000, (i) => ({ N: String(i), PAD: "x".repeat(10_000) }));
  expect(() => build({ ephemeralStorage: "16Mi" }, tasks)).toThrow(
    "tasks: their envs (29 MiB in all) do not fit on the disk of a pod (16Mi), and every pod holds all of them; ask for more 'ephemeralStorage'",
  );
  expect(() => build({ ephemeralStorage: "32Mi", memory: "1Mi" }, tasks)).not.toThrow();
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
  expect(build().job.metadata.annotations).toEqual({
    "batch.ovh-mks/tasks": taskList(tasksOf(2)),
    "batch.ovh-mks/parameters": expect.stringMatching(/"cpu":"1",.*"imagePullSecrets":\[\]/) as string,
    "batch.ovh-mks/parallelism": "2",
  });
  expect(build({}, tasksOf(3)).job.metadata.annotations).not.toEqual(build().job.metadata.annotations);
});
