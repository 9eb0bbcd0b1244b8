/** Reading pods' logs, which the API server gets from the kubelet of the pod's node. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, ClusterError } from "../cluster";
import { type Http } from "./http";

/** A kubelet that is there answers at once. One that is gone must not hold a run up: milliseconds of silence, and of trying again. */
const silence = 3_000;
const patience = 6_000;

/**
 * The last `limit` bytes of a log. The API's own `limitBytes` counts from the beginning, so that all of the log is read, and its end kept.
 * @throws {ClusterError} when the log cannot be read; a kubelet's fault (5xx) is not tried again.
 */
export async function readTail(http: Http, path: string, limit: number): Promise<Buffer> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await tailOf(await http.open({ method: "GET", path }, silence), limit);
    } catch (error) {
      const unanswered = error instanceof ClusterError && (error.status === undefined || error.status === 429);
      if (!unanswered || Date.now() + 1000 + silence > deadline) throw error;
      await sleep(1000);
    }
  }
}

async function tailOf(body: AsyncIterable<unknown>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes - chunks[0]!.length >= limit) bytes -= chunks.shift()!.length;
    }
  } catch (error) {
    throw new ClusterError((error as Error).message);
  }
  const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return all.subarray(Math.max(0, all.length - limit));
}

/** Pauses while a container is not there yet, or the connection is broken, in milliseconds. */
const pause = 1_000;

/**
 * Yields the lines of a pod's log from its beginning, as they come, and ends with the pod. Goes on over broken connections, and waits for the container to start.
 * @throws {ClusterError} when the API server refuses, e.g. since the right to read logs is missing
 */
export async function* followLog(
  cluster: Cluster,
  namespace: string,
  pod: string,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<string> {
  let last: string | undefined;
  while (!signal.aborted) {
    const seen = last;
    try {
      // What came in the second of the last line comes again, and is skipped.
      for await (const line of cluster.logLines(namespace, pod, seen?.replace(/\.\d+/, ""), signal)) {
        const space = line.indexOf(" ");
        const time = line.slice(0, space);
        if (seen !== undefined && time <= seen) continue;
        last = time;
        yield line.slice(space + 1);
      }
      if (await hasEnded(cluster, namespace, pod)) return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError) || (!error.transient && error.status !== 400)) throw error;
      if (error.status === 400 && (await hasEnded(cluster, namespace, pod))) return;
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function hasEnded(cluster: Cluster, namespace: string, pod: string): Promise<boolean> {
  const phase = (await cluster.get("pods", namespace, pod))?.status?.phase;
  return phase !== "Pending" && phase !== "Running";
}
