import { poolsPath, type Written } from "./act";
import { type KubeClient } from "./kube/client";
import { Reflector } from "./kube/reflector";
import { type Node, type Pod, type Pool, type Shape, type Snapshot } from "./model";
import { type RawDaemonSet, type RawNode, type RawPod, type RawPool, readDaemonSet, readNode, readPod, readPool } from "./snapshot";

/** Copies of everything that decisions need, kept up to date by watches. */
export interface Caches {
  readonly synced: () => boolean;
  snapshot(now: number): Snapshot;
  readonly written: Written;
  run(signal: AbortSignal): Promise<unknown>;
}

export function createCaches(client: KubeClient, onChange: () => void, onError: (message: string) => void): Caches {
  const pods = new Reflector<RawPod, Pod>(client, "/api/v1/pods", readPod, onChange, onError);
  const nodes = new Reflector<RawNode, Node>(client, "/api/v1/nodes", readNode, onChange, onError);
  const pools = new Reflector<RawPool, Pool>(client, poolsPath, readPool, onChange, onError);
  const daemons = new Reflector<RawDaemonSet, Shape>(client, "/apis/apps/v1/daemonsets", readDaemonSet, onChange, onError);
  const all = [pods, nodes, pools, daemons];
  return {
    synced: () => all.every(({ synced }) => synced),
    snapshot: (now) => ({ now, pods: pods.values(), nodes: nodes.values(), pools: pools.values(), daemons: daemons.values() }),
    written: { pool: (raw) => pools.apply(raw), node: (raw) => nodes.apply(raw) },
    run: (signal) => Promise.all(all.map((reflector) => reflector.run(signal))),
  };
}
