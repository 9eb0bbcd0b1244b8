import {
  type Cluster,
  ClusterError,
  type Job,
  type Kind,
  type Kinds,
  type Listed,
  type Metadata,
  type Pod,
  type Selector,
  type WatchEvent,
} from "../../../kubernetes/cluster";
import { memoryOf } from "../../../batch/jobs/outcome";
import { parseQuantity } from "../../../common/quantity";

type Stored = { metadata: Metadata } & Record<string, unknown>;
interface Change {
  readonly version: number;
  readonly kind: Kind;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Stored;
}

interface JobSpec {
  readonly backoffLimitPerIndex?: number;
  readonly completions?: number;
  readonly podFailurePolicy?: {
    readonly rules: readonly { readonly action: string; readonly onExitCodes?: { readonly values: number[] } }[];
  };
}

/** How a pod of the fake Job controller ends. */
export interface Outcome {
  readonly exitCode: number;
  readonly message?: string;
  readonly reason?: string;
  readonly log?: string;
}

/**
 * An API server in memory, as far as batch/ uses one, with a Job controller that runs resumed Jobs: it starts a pod for each index, ends it as `outcome` says,
 * retries failures up to the Job's limit, and counts what ran.
 */
export class FakeCluster implements Cluster {
  private readonly objects = new Map<string, Stored>();
  private changes: Change[] = [];
  private version = 1;
  private oldest = 0;
  private wake: (() => void)[] = [];
  private readonly logs = new Map<string, string>();
  /** Every call, e.g. "create jobs a". */
  readonly calls: string[] = [];
  /** Called before (`done` false) and after (true) each call; throws to let it fail. */
  hook: (call: string, done: boolean) => void = () => undefined;
  /** What each pod came to; undefined: it keeps running until {@link finish}. */
  outcome: (index: number, attempt: number, env: string, memory: string) => Outcome | undefined = () => ({ exitCode: 0 });
  /** Jobs may keep fewer pods than they have tasks: the first so many are started, and no others. @default such a Job is a fault of the test */
  windowed = false;
  /** Status of a pod that has not ended. */
  podStatus: Pod["status"] = { phase: "Running" };
  /** What pods tell of the image that they ran. */
  imageID: string | undefined;
  /** Tasks that ran, by what their shell file exports; two entries are two runs. */
  readonly ran: string[] = [];
  /** Tasks that two pods worked on at the same time. */
  readonly overlaps: string[] = [];
  private readonly working = new Map<string, string>();

  async create<K extends Kind>(kind: K, manifest: Kinds[K]): Promise<Kinds[K] | undefined> {
    return this.call(`create ${kind} ${manifest.metadata.name}`, () => {
      const key = keyOf(kind, manifest.metadata.namespace, manifest.metadata.name);
      if (this.objects.has(key)) return undefined;
      const metadata = { ...manifest.metadata, uid: `uid-${this.version}`, creationTimestamp: "2026-01-01T00:00:00Z" };
      return this.store("ADDED", kind, { ...canonical(structuredClone(manifest) as unknown as Stored), metadata }) as unknown as Kinds[K];
    });
  }

  async get<K extends Kind>(kind: K, namespace: string | undefined, name: string): Promise<Kinds[K] | undefined> {
    return this.call(`get ${kind} ${name}`, () => this.objects.get(keyOf(kind, namespace, name)) as Kinds[K] | undefined);
  }

  async list<K extends Kind, T>(
    kind: K,
    namespace: string | undefined,
    selector: Selector,
    pick: (object: Kinds[K]) => T | undefined,
  ): Promise<Listed<T>> {
    return this.call(`list ${kind}`, () => ({
      items: this.all(kind, namespace, selector).flatMap((object) => pick(object as unknown as Kinds[K]) ?? []),
      version: String(this.version),
    }));
  }

  async patch<K extends Kind>(kind: K, namespace: string, name: string, patch: object): Promise<Kinds[K] | undefined> {
    return this.call(`patch ${kind} ${name}`, () => {
      const object = this.objects.get(keyOf(kind, namespace, name));
      const { uid, resourceVersion } = (patch as { metadata?: Metadata }).metadata ?? {};
      if (!object || (uid && uid !== object.metadata.uid)) return undefined;
      if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) return undefined;
      const patched = this.store("MODIFIED", kind, merge(object, patch) as Stored);
      if (kind === "jobs") this.startJob(patched as unknown as Job);
      return patched as unknown as Kinds[K];
    });
  }

  async remove(kind: Kind, namespace: string, name: string, uid: string, version?: string): Promise<boolean> {
    return this.call(`remove ${kind} ${name}`, () => {
      const object = this.objects.get(keyOf(kind, namespace, name));
      if (version !== undefined && object && object.metadata.resourceVersion !== version) return false;
      this.drop(kind, namespace, name, uid);
      return true;
    });
  }

  async *watch<K extends Kind>(
    kind: K,
    namespace: string,
    selector: Selector,
    version: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<Kinds[K]>> {
    await this.call(`watch ${kind}`, () => undefined);
    signal.addEventListener("abort", () => this.notify(), { once: true });
    let seen = Number(version);
    while (!signal.aborted) {
      if (seen < this.oldest) {
        yield { type: "EXPIRED" };
        return;
      }
      for (const change of this.changes.filter((change) => change.version > seen)) {
        seen = change.version;
        if (change.kind === kind && matches(change.object, namespace, selector))
          yield { type: change.type, object: change.object as unknown as Kinds[K] };
      }
      if (this.broken) throw this.broken;
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  async log(_namespace: string, pod: string, limit: number): Promise<Buffer> {
    return this.call(`log ${pod}`, () => Buffer.from(this.logs.get(pod) ?? "").subarray(-limit));
  }

  async *logLines(_namespace: string, pod: string, _since: string | undefined, _signal: AbortSignal): AsyncIterable<string> {
    const log = await this.call(`follow log ${pod}`, () => this.logs.get(pod) ?? "");
    for (const line of log.split("\n").filter(Boolean)) yield `2026-01-01T00:00:01.5Z ${line}`;
  }

  /** Breaks every watch, and fails every call while `error` is set. */
  broken: Error | undefined;
  breakDown(error: Error | undefined): void {
    this.broken = error;
    this.notify();
  }

  /** Forgets the changes up to now: a watch from an older version has expired. */
  compact(): void {
    this.changes = [];
    this.oldest = this.version;
    this.notify();
  }

  all(kind: Kind, namespace?: string, selector: Selector = {}): Stored[] {
    return [...this.objects]
      .filter(([key, object]) => key.startsWith(`${kind}/`) && matches(object, namespace, selector))
      .map(([, object]) => object);
  }

  jobs = (): Job[] => this.all("jobs") as unknown as Job[];
  pods = (): Pod[] => this.all("pods");

  /** Puts an object as it is. */
  put(kind: Kind, object: { metadata: Metadata }): void {
    const known = this.objects.has(keyOf(kind, object.metadata.namespace, object.metadata.name));
    this.store(known ? "MODIFIED" : "ADDED", kind, { ...object, metadata: { uid: `uid-${this.version}`, ...object.metadata } });
  }

  setLog(pod: string, log: string): void {
    this.logs.set(pod, log);
  }

  /** Deletes an object and what it owns, as the garbage collector does. */
  drop(kind: Kind, namespace: string, name: string, uid?: string): void {
    const key = keyOf(kind, namespace, name);
    const object = this.objects.get(key);
    if (!object || (uid && object.metadata.uid !== uid)) return;
    for (const [, owned] of [...this.objects]) {
      if (owned.metadata.ownerReferences?.some((reference) => reference.uid === object.metadata.uid)) {
        const kinds: Readonly<Record<string, Kind>> = { Pod: "pods", Job: "jobs", ConfigMap: "configmaps" };
        this.drop(kinds[(owned as { kind?: string }).kind ?? ""] ?? "configmaps", namespace, owned.metadata.name);
      }
    }
    if (kind === "pods") this.working.delete(object.metadata.uid ?? "");
    this.objects.delete(key);
    this.record("DELETED", kind, object);
  }

  /** Ends a running pod. */
  finish(pod: Pod, outcome: Outcome): void {
    const job = this.jobs().find(({ metadata }) => metadata.uid === pod.metadata.labels?.["batch.kubernetes.io/controller-uid"]);
    if (job) this.end(job, pod, outcome);
  }

  /** Makes a Job of a CronJob, as its controller does at its time. Answers false while it is suspended, or there is none. */
  fire(name: string, namespace = "batch"): boolean {
    const cronJob = this.objects.get(keyOf("cronjobs", namespace, name));
    const { suspend, jobTemplate } = (cronJob?.spec ?? { suspend: true }) as { suspend?: boolean; jobTemplate?: Stored };
    if (!cronJob || suspend) return false;
    const metadata = {
      ...jobTemplate?.metadata,
      name: `${name}-${String(this.version).padStart(8, "0")}`,
      namespace,
      uid: `uid-${this.version}`,
      ownerReferences: [{ uid: cronJob.metadata.uid ?? "", kind: "CronJob" }],
    };
    const job = this.store("ADDED", "jobs", { ...structuredClone(jobTemplate), kind: "Job", metadata });
    this.startJob(job as unknown as Job);
    return true;
  }

  private startJob(job: Job): void {
    if (job.spec.suspend || this.pods().some((pod) => owner(pod) === job.metadata.uid) || job.status?.conditions) return;
    const { completions = 0, parallelism = completions } = job.spec as { completions?: number; parallelism?: number };
    if (completions > parallelism && !this.windowed) throw new Error("the fake runs all tasks at once");
    for (let index = 0; index < Math.min(completions, parallelism); index++) this.startPod(job, index, 0);
  }

  private startPod(job: Job, index: number, attempt: number): void {
    const env = this.environmentOf(job, index);
    if ([...this.working.values()].includes(env)) this.overlaps.push(env);
    this.ran.push(env);
    const metadata = {
      name: `${job.metadata.name}-${index}-${attempt}`,
      namespace: job.metadata.namespace,
      uid: `uid-${this.version}`,
      labels: { ...job.metadata.labels, "batch.kubernetes.io/controller-uid": job.metadata.uid ?? "" },
      annotations: { "batch.kubernetes.io/job-completion-index": String(index), attempt: String(attempt) },
      ownerReferences: [{ uid: job.metadata.uid ?? "" }],
    };
    this.working.set(metadata.uid, env);
    const pod = this.store("ADDED", "pods", {
      kind: "Pod",
      metadata,
      spec: { ...job.spec.template?.spec, nodeName: "node-1" },
      status: this.podStatus,
    }) as unknown as Pod;
    const outcome = this.outcome(index, attempt, env, memoryOf(job.spec.template?.spec) ?? "");
    if (outcome) setImmediate(() => this.finish(pod, outcome));
  }

  private end(job: Job, pod: Pod, { exitCode, message, reason, log }: Outcome): void {
    const stored = this.objects.get(keyOf("pods", pod.metadata.namespace, pod.metadata.name)) as Pod | undefined;
    if (stored?.status?.phase !== "Running") return;
    this.working.delete(pod.metadata.uid ?? "");
    this.logs.set(pod.metadata.name, log ?? "");
    const terminated = { exitCode, message, reason, startedAt: "2026-01-01T00:00:01Z", finishedAt: "2026-01-01T00:00:02Z" };
    const status = {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      containerStatuses: [{ state: { terminated }, imageID: this.imageID }],
    };
    this.store("MODIFIED", "pods", { ...(pod as unknown as Stored), status });
    const index = Number(pod.metadata.annotations?.["batch.kubernetes.io/job-completion-index"]);
    const attempt = Number(pod.metadata.annotations?.attempt);
    const { backoffLimitPerIndex = 0, completions = 0, podFailurePolicy } = job.spec as JobSpec;
    const isFinal = podFailurePolicy?.rules.some(
      ({ action, onExitCodes }) => action === "FailIndex" && onExitCodes?.values.includes(exitCode),
    );
    const { completedIndexes, failedIndexes } = job.status ?? {};
    const add = (list: string | undefined, add: boolean) =>
      [...(list ? [list] : []), ...(add ? [String(index)] : [])].join(",") || undefined;
    const givenUp = exitCode !== 0 && (attempt >= backoffLimitPerIndex || isFinal === true);
    if (exitCode !== 0 && !givenUp) return this.startPod(job, index, attempt + 1);
    const next = { completedIndexes: add(completedIndexes, exitCode === 0), failedIndexes: add(failedIndexes, givenUp) };
    const count = [next.completedIndexes, next.failedIndexes].flatMap((list) => list?.split(",") ?? []).length;
    const conditions =
      count === completions
        ? [{ type: next.failedIndexes ? "Failed" : "Complete", status: "True", reason: next.failedIndexes && "FailedIndexes" }]
        : undefined;
    this.store("MODIFIED", "jobs", { ...(job as unknown as Stored), status: { ...next, conditions } });
  }

  /** What the task's shell file exports, as a pod would read it. */
  private environmentOf(job: Job, index: number): string {
    const { volumes } = job.spec.template?.spec as { volumes?: { configMap?: { name: string } }[] };
    const mounted = new Set(volumes?.flatMap(({ configMap }) => configMap?.name ?? []));
    const present = this.all("configmaps", job.metadata.namespace).filter(({ metadata }) => mounted.has(metadata.name));
    const files = Object.entries(Object.assign({}, ...present.map(({ data }) => data)) as Record<string, string>);
    const line = files.flatMap(([, file]) => file.split("\n")).find((line) => line.startsWith(`${index}) `));
    if (!line) throw new Error(`Job ${job.metadata.name} was resumed before its ConfigMaps were there`);
    return line.slice(line.indexOf(" ") + 1, -3);
  }

  private store(type: "ADDED" | "MODIFIED", kind: Kind, object: Stored): Stored {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version + 1) } };
    this.objects.set(keyOf(kind, stored.metadata.namespace, stored.metadata.name), stored);
    this.record(type, kind, stored);
    return stored;
  }

  private record(type: Change["type"], kind: Kind, object: Stored): void {
    this.version++;
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    this.changes.push({ version: this.version, kind, type, object: { ...object, metadata } });
    this.notify();
  }

  private notify(): void {
    this.wake.splice(0).forEach((resolve) => resolve());
  }

  private async call<T>(call: string, work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.broken) throw this.broken;
    this.calls.push(call);
    this.hook(call, false);
    const result = work();
    this.hook(call, true);
    return result;
  }
}

export const away = (): ClusterError => new ClusterError("connect ECONNREFUSED");

const keyOf = (kind: Kind, namespace: string | undefined, name: string): string => `${kind}/${namespace ?? ""}/${name}`;
const owner = (pod: Pod): string | undefined => pod.metadata.ownerReferences?.[0]?.uid;

function matches(object: Stored, namespace: string | undefined, { labels, fields }: Selector): boolean {
  const { metadata } = object;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  for (const term of fields?.split(",") ?? []) {
    const [, path = "", not, value] = /^(.*?)(!?)=(.*)$/.exec(term) ?? [];
    const found = path.split(".").reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], object);
    if ((found === value) === (not === "!")) return false;
  }
  return (labels ?? "").split(",").every((term) => {
    const [key = "", value] = term.split("=");
    if (key.startsWith("!")) return metadata.labels?.[key.slice(1)] === undefined;
    const own = metadata.labels?.[key];
    return !key || (value === undefined ? own !== undefined : own === value);
  });
}

function merge(target: object, patch: object): object {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch) as [string, unknown][]) {
    const old = merged[key];
    if (value === null) {
      delete merged[key];
      continue;
    }
    const maps = [value, old].every((part) => typeof part === "object" && part !== null && !Array.isArray(part));
    merged[key] = maps ? merge(old as object, value as object) : value;
  }
  return merged;
}

/** The API server writes the quantities of a Job's containers in their canonical form. */
function canonical(object: Stored): Stored {
  const { containers = [] } = (object as unknown as Job).spec?.template?.spec ?? {};
  for (const { resources = {} } of containers as { resources?: Record<string, Record<string, string>> }[]) {
    for (const amounts of Object.values(resources)) {
      for (const [name, text] of Object.entries(amounts)) amounts[name] = String(parseQuantity(text));
    }
  }
  return object;
}
