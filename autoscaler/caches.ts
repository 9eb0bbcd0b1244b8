import { type Written } from "./actuation/act";
import { type KubeClient } from "../kubernetes/client";
import { type JobState, readJobState } from "./observability/job-states";
import { Reflector } from "../kubernetes/reflector";
import { withoutKarpenter } from "./state/karpenter";
import { type EndedPod, type Job, type Node, type Pod, type Pool, type Shape, type Snapshot, type Times } from "./state/model";
import {
  type RawClaim,
  type RawCronJob,
  type RawDaemonSet,
  type RawJob,
  type RawNode,
  type RawPod,
  type RawPool,
  type RawStorageClass,
  type RawVolume,
} from "./state/raw";
import { readEnded, runTime, wasOutOfMemory } from "./state/read-ended";
import { maxShapes, readDaemonSet, readJob, readPod, readShape, type Shapes } from "./state/read-pods";
import { type CronJob, readCronJob, schedulesAt } from "./state/read-schedules";
import { readClaim, readStorageClass, readVolume } from "./state/read-volumes";
import { poolsPath } from "./actuation/resize";
import { readNode, readPool } from "./state/snapshot";
import { observe } from "./state/times";
import { type Claim, type StorageClass, type Volume } from "./state/storage";

/** Copies of everything that decisions need, kept up to date by watches. */
export interface Caches {
  readonly synced: () => boolean;
  snapshot(now: number): Snapshot;
  /** Of every Job, finished ones too. */
  jobStates(): JobState[];
  readonly written: Pick<Written, "pool" | "node">;
  run(signal: AbortSignal): Promise<unknown>;
}

/**
 * @param onOutOfMemory told of each pod, by its namespace, that ends since a container of it was killed for its memory
 * @param cutoff pods of a lower priority do not count
 */
export function createCaches(
  client: KubeClient,
  onChange: () => void,
  onError: (message: string) => void,
  onOutOfMemory: (namespace: string) => void = () => undefined,
  cutoff?: number,
): Caches {
  const shapes: Shapes = new Map();
  const durations = new Map<string, Times>();
  const ofShapes = new Map<string, Times>();
  const learnRun = (raw: RawPod): void => {
    const time = runTime(raw);
    const job = raw.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "Job")?.uid;
    if (time === undefined || job === undefined) return;
    const { key } = readShape(raw);
    if (ofShapes.size > maxShapes) ofShapes.clear();
    ofShapes.set(key, observe(ofShapes.get(key), time));
    durations.set(job, observe(durations.get(job), time));
  };
  /** Called with every change of a pod; its end is taken note of once. */
  const onPod = (raw: RawPod, before: Pod | EndedPod | undefined, now: Pod | EndedPod | undefined): void => {
    const wasLive = isLive(before);
    if (isLive(now) || (!wasLive && pods.synced)) return;
    learnRun(raw);
    if (wasLive && wasOutOfMemory(raw)) onOutOfMemory(raw.metadata.namespace ?? "");
  };
  const readBoth = (raw: RawJob) => ({ open: readJob(raw, shapes), state: readJobState(raw) });
  /** What a Job has left follows its pods, whose changes are seen anyway. */
  const onJob = (_raw: RawJob, before: KnownJob | undefined, now: KnownJob | undefined): void => {
    const [old, fresh] = [before?.open, now?.open];
    if (old?.parallelism !== fresh?.parallelism || old?.window !== fresh?.window || old?.suspended !== fresh?.suspended) onChange();
  };
  const readAny = (raw: RawPod): Pod | EndedPod | undefined => readPod(raw, shapes, cutoff) ?? readEnded(raw);
  const pods = new Reflector<RawPod, Pod | EndedPod>(client, "/api/v1/pods", readAny, onChange, onError, onPod);
  const nodes = new Reflector<RawNode, Node>(client, "/api/v1/nodes", readNode, onChange, onError);
  const pools = new Reflector<RawPool, Pool>(client, poolsPath, readPool, onChange, onError);
  const daemons = new Reflector<RawDaemonSet, Shape>(client, "/apis/apps/v1/daemonsets", readDaemonSet, onChange, onError);
  const jobs = new Reflector<RawJob, KnownJob>(client, "/apis/batch/v1/jobs", readBoth, () => undefined, onError, onJob);
  const cronPath = "/apis/batch/v1/cronjobs";
  const crons = new Reflector<RawCronJob, CronJob>(
    client,
    cronPath,
    (raw) => readCronJob(raw, shapes),
    () => undefined,
    onError,
  );
  const claims = new Reflector<RawClaim, Claim>(client, "/api/v1/persistentvolumeclaims", readClaim, onChange, onError);
  const volumes = new Reflector<RawVolume, Volume>(client, "/api/v1/persistentvolumes", readVolume, onChange, onError);
  const classesPath = "/apis/storage.k8s.io/v1/storageclasses";
  const classes = new Reflector<RawStorageClass, StorageClass>(client, classesPath, readStorageClass, onChange, onError);
  const needed = [pods, nodes, pools, daemons, claims, volumes, classes];
  const knownJobs = (): Job[] => {
    const known = jobs.values().flatMap(({ open }) => open ?? []);
    const uids = new Set(known.map(({ uid }) => uid));
    // Before the first list all would seem to be gone.
    if (jobs.synced) for (const uid of durations.keys()) if (!uids.has(uid)) durations.delete(uid);
    return known.map((job) => ({ ...job, durations: durations.get(job.uid) }));
  };
  return {
    // What Jobs tell makes decisions better, but is not needed for them.
    synced: () => needed.every(({ synced }) => synced),
    snapshot: (now) =>
      withoutKarpenter({
        now,
        ...split(pods.values()),
        nodes: nodes.values(),
        pools: pools.values(),
        daemons: daemons.values(),
        jobs: knownJobs(),
        schedules: schedulesAt(now, crons.values()),
        durations: ofShapes,
        storage: { claims: claims.values(), volumes: volumes.values(), classes: classes.values() },
      }),
    jobStates: () => jobs.values().map(({ state }) => state),
    written: { pool: (raw) => pools.apply(raw), node: (raw) => nodes.apply(raw) },
    run: (signal) => Promise.all([...needed, jobs, crons].map((reflector) => reflector.run(signal))),
  };
}

interface KnownJob {
  /** Undefined for one that has finished. */
  readonly open?: Job;
  readonly state: JobState;
}

const isLive = (pod: Pod | EndedPod | undefined): pod is Pod => pod !== undefined && "shape" in pod;

function split(all: readonly (Pod | EndedPod)[]): { readonly pods: Pod[]; readonly ended: EndedPod[] } {
  const pods: Pod[] = [];
  const ended: EndedPod[] = [];
  for (const pod of all)
    if (isLive(pod)) pods.push(pod);
    else ended.push(pod);
  return { pods, ended };
}
