/** What happens in the cluster while a large Job runs. */
import { setTimeout as sleep } from "node:timers/promises";
import { type KubeClient } from "../../kubernetes/client";
import { listAndWatch } from "../../kubernetes/follow";
import { operatorNamespace } from "../../batch/spec/secrets";
import { messageOf } from "../../common/errors";
import { plural } from "../../common/text";
import { type LargeCloud } from "./cloud";
import { namespace, pool } from "./job";
import { parseSamples, quantileOf, type Sample, sumOf } from "../harness/prometheus";

export interface Observed {
  /** The highest use of etcd's quota that was seen, as a part of it, and what it was then in bytes. */
  readonly share: { readonly value: number; readonly usage: number; readonly quota: number };
  /** How often the pool was asked to have more nodes than before. */
  readonly orders: number;
  /** Most nodes that it was asked to have. */
  readonly nodes: number;
  /** Writes that the API server could not do. */
  readonly refused: number;
  /** Bytes of etcd's file in the end, which never shrinks by itself. */
  readonly file: number;
  /** Most resident memory of the batch controller, MiB. */
  readonly memory: number;
  /** Seconds from a task's end to its record in the bucket. */
  readonly lag: number;
}

/** Milliseconds between two words on how things stand. */
const sayEvery = 30_000;

const pools = "/apis/kube.cloud.ovh.com/v1alpha1/nodepools";
const writes = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];

const apiServerSamples = async (client: KubeClient): Promise<Sample[]> =>
  parseSamples(await client.text({ method: "GET", path: "/metrics" }));

/** Writes that the API server has answered with an error of its own (500): so it does when etcd is full. A busy one is late (503, 504), and clients try again. */
const refusedWrites = (samples: readonly Sample[]): number =>
  sumOf(samples, "apiserver_request_total", ({ code, verb }) => code === "500" && writes.includes(verb ?? ""));

/** What the leading batch controller tells; undefined as long as none does. */
async function controllerSamples(client: KubeClient): Promise<Sample[] | undefined> {
  const path = `/api/v1/namespaces/${operatorNamespace(namespace)}/pods`;
  const query = { labelSelector: "app.kubernetes.io/name=batch-controller" };
  const { items } = await client.call<{ items: { metadata: { name: string } }[] }>({ method: "GET", path, query });
  for (const { metadata } of items) {
    const text = await client
      .text({ method: "GET", path: `${path}/${metadata.name}:8080/proxy/metrics`, tries: 1 })
      .catch((error: unknown) => `# ${messageOf(error)}`);
    const samples = parseSamples(text);
    if (sumOf(samples, "mks_batch_controller_leader") === 1) return samples;
  }
  return undefined;
}

/** How often a number grew. */
export const countRises = (sizes: readonly number[]): number => sizes.filter((size, i) => size > (sizes[i - 1] ?? 0)).length;

interface RawPool {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec: { readonly desiredNodes?: number };
}

/** Notes and tells every size that the pool is asked to have, until the signal aborts. */
async function followSizes(client: KubeClient, sizes: number[], signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const note = ({ metadata, spec }: RawPool): void => {
    const size = spec.desiredNodes ?? 0;
    if (metadata.name !== pool || size === sizes.at(-1)) return;
    sizes.push(size);
    say(`the pool is to have ${plural(size, "node")}`);
  };
  const pick = (object: RawPool): RawPool => object;
  await listAndWatch<RawPool, RawPool>(
    { list: () => client.list(pools, pick, { signal }), watch: (version) => client.watch(pools, version, signal), pick, signal },
    { replace: (objects) => objects.forEach(note), set: note, remove: () => undefined },
  );
}

/**
 * Watches while `work` goes on: etcd and the controller each second, or as often as takes a tenth of the time, since all of etcd's objects are read for it.
 * @param say told of both now and then
 */
export async function watchWhile(cloud: LargeCloud, work: () => Promise<void>, say: (line: string) => void): Promise<Observed> {
  const { client, etcdUsage } = cloud;
  const end = new AbortController();
  const sizes: number[] = [];
  let share = { value: 0, usage: 0, quota: 0 };
  let memory = 0;
  let samples: Sample[] = [];
  let told = 0;
  const [refused, alarms] = [refusedWrites(await apiServerSamples(client)), cloud.alarms()];
  const look = async (): Promise<number> => {
    const start = performance.now();
    const { usage, quota } = await etcdUsage();
    if (usage / quota > share.value) share = { value: usage / quota, usage, quota };
    samples = (await controllerSamples(client)) ?? samples;
    memory = Math.max(memory, sumOf(samples, "process_resident_memory_bytes") / 2 ** 20);
    const now = performance.now();
    if (now - told > sayEvery) {
      told = now;
      say(`${sizes.at(-1)} nodes; etcd: ${describe(usage)} of ${describe(quota)}; controller: ${memory.toFixed(0)} MiB`);
    }
    return Math.max(1_000, 9 * (now - start));
  };
  const looking = (async () => {
    while (!end.signal.aborted) await sleep(await look(), undefined, { signal: end.signal }).catch(() => undefined);
  })();
  const following = followSizes(client, sizes, end.signal, say);
  const working = work();
  // If looking fails, nobody waits for the work any more.
  working.catch(() => undefined);
  try {
    await Promise.race([working, looking]);
    await look();
  } finally {
    end.abort();
    await Promise.all([looking.catch(() => undefined), following]);
  }
  const last = await apiServerSamples(client);
  return {
    share,
    orders: countRises(sizes),
    nodes: Math.max(0, ...sizes),
    refused: refusedWrites(last) - refused + cloud.alarms() - alarms,
    file: sumOf(last, "apiserver_storage_size_bytes"),
    memory,
    lag: quantileOf(samples, "mks_batch_recording_lag_seconds", 0.99),
  };
}

/** Seconds over which the idle controller is looked at. */
const idleFor = 60;

/** The part of a core, in percent, that the batch controller takes while nothing happens. */
export async function idleCpu(client: KubeClient): Promise<number> {
  const used = async (): Promise<number> => sumOf((await controllerSamples(client)) ?? [], "process_cpu_seconds_total");
  // What has just ended is still put away.
  await sleep(30_000);
  const [before, start] = [await used(), performance.now()];
  await sleep(idleFor * 1_000);
  const after = await used();
  return ((after - before) / (performance.now() - start)) * 100_000;
}

export const describe = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
