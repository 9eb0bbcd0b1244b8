/** Reading pods' logs, which the API server gets from the kubelet of the pod's node. */
import { setTimeout as sleep } from "node:timers/promises";
import { retry } from "../common/retry";
import { type KubeClient } from "./client";
import { type Cluster, ClusterError } from "./cluster";

/** A kubelet that is there answers at once. One that is gone must not hold a run up: milliseconds of silence, and of trying again. */
const silence = 3_000;
const patience = 6_000;

/** Pauses while a container is not there yet, or the connection is broken, in milliseconds. */
const pause = 1_000;

/**
 * The last `limit` bytes of a log. The API's own `limitBytes` counts from the beginning, so that all of the log is read, and its end kept.
 * @throws {ClusterError} when the log cannot be read; a kubelet's fault (5xx) is not tried again.
 */
export function readTail(client: KubeClient, path: string, limit: number): Promise<Buffer> {
  const deadline = Date.now() + patience - silence - pause;
  const unanswered = (error: unknown) => error instanceof ClusterError && (error.status === undefined || error.status === 429);
  return retry(async () => tailOf(await client.open({ method: "GET", path, silence }), limit), {
    pauses: () => pause,
    again: (error) => unanswered(error) && Date.now() <= deadline,
  });
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

/** A line of a log with its time. Any other line is a complaint of the kubelet, e.g. that it has no more watches to follow a file with. */
const timed = /^(\d{4}-\d\d-\d\dT[^ ]*) ?(.*)$/s;

/**
 * Yields the lines of a pod's log from its beginning, as they come, and ends with the pod. Goes on over broken connections, and waits for the container to start.
 * @throws {ClusterError} when the API server refuses, e.g. since the right to read logs is missing, or when an ended pod's log cannot be had
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
    let ended = false;
    let complaint: string | undefined;
    try {
      // Only what is read after the pod's end is all of it: any connection may have ended too early.
      ended = await hasEnded(cluster, namespace, pod);
      // What came in the second of the last line comes again, and is skipped.
      for await (const line of cluster.logLines(namespace, pod, seen?.replace(/\.\d+/, ""), signal)) {
        const [, time, text = ""] = timed.exec(line) ?? [];
        if (time === undefined) complaint = line;
        else if (seen === undefined || time > seen) {
          last = time;
          yield text;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError) || (!error.transient && error.status !== 400)) throw error;
      if (ended && error.status !== undefined) {
        // Of a container that never ran there is no log; one of a node that is gone cannot be had.
        if (error.status === 400) return;
        throw error;
      }
      ended = false;
    }
    if (ended && complaint !== undefined && last === undefined) throw new ClusterError(complaint);
    if (ended) return;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function hasEnded(cluster: Cluster, namespace: string, pod: string): Promise<boolean> {
  const phase = (await cluster.get("pods", namespace, pod))?.status?.phase;
  return phase !== "Pending" && phase !== "Running";
}
