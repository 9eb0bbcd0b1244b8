import { poll } from "../../../../common/poll";
import { growing } from "../../../../common/retry";
import { type Call, sleep } from "../../protocol/provider";
import type { Cluster } from "../cluster/client";
import { annotation, annotationOf, isTrue, type KubernetesObject } from "../cluster/object";
import { diagnose } from "./diagnose";
import { readiness } from "./readiness";

/** As long as the official plugin waits, in milliseconds. */
const defaultTimeout = 600_000;

/** Pauses between two looks, in milliseconds. */
const pauses = growing(200, 1_000, 1.5);

/** How long an object may take: its own annotation, else the program's custom timeout. */
export function timeoutOf(object: KubernetesObject | undefined, call: Call): number {
  const seconds = Number(object && annotationOf(object, annotation.timeoutSeconds));
  return seconds > 0 ? seconds * 1000 : (call.timeout ?? defaultTimeout);
}

export type Outcome = { readonly live: KubernetesObject; readonly problems: readonly string[] };

/** Waits until the object is ready. It is not when there are problems: then they say why. */
export async function awaitReady(path: string, object: KubernetesObject, cluster: Cluster, call: Call): Promise<Outcome> {
  if (isTrue(object, annotation.skipAwait)) return { live: object, problems: [] };
  const limit = timeoutOf(object, call);
  const end = Date.now() + limit;
  let live = object;
  for (let attempt = 1; ; attempt++) {
    const now = await readiness(live, cluster);
    if (now.state === "ready") return { live, problems: [] };
    call.status(now.message);
    const problem =
      now.state === "failed" ? now.message : Date.now() > end ? `not ready after ${Math.round(limit / 1000)} s: ${now.message}` : undefined;
    if (problem !== undefined) return { live, problems: [problem, ...(await diagnose(live, cluster))] };
    try {
      await sleep(pauses(attempt, undefined), call.signal);
    } catch {
      return { live, problems: [`cancelled: ${now.message}`] };
    }
    const found = await cluster.find<KubernetesObject>(path);
    if (!found) return { live, problems: ["it was deleted while it was waited for"] };
    live = found;
  }
}

/** How long an object that is to be patched may be missing, in milliseconds. */
const appearance = 30_000;

/** Waits until there is an object at the path that is not being deleted. */
export async function awaitThere(path: string, cluster: Cluster, call: Call): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const found = await cluster.find<KubernetesObject>(path);
    if (found && found.metadata.deletionTimestamp === undefined) return true;
    call.status("waiting for the object");
    return undefined;
  };
  const overdue = (): never => {
    throw new Error(`${path} does not exist: a patch changes what is there`);
  };
  await poll(look, { timeout: call.timeout ?? appearance, pause: pauses, overdue, wait: (pause) => sleep(pause, call.signal) });
}

/** Waits until the object is gone, or another has taken its name. */
export async function awaitGone(path: string, object: KubernetesObject, cluster: Cluster, call: Call): Promise<void> {
  const limit = timeoutOf(object, call);
  let holdUps: readonly string[] = [];
  const look = async (): Promise<true | undefined> => {
    const live = await cluster.find<KubernetesObject>(path);
    if (!live || live.metadata.uid !== object.metadata.uid) return true;
    const holders = live.metadata.finalizers ?? [];
    const message = holders.length > 0 ? `waiting for the finalizers ${holders.join(", ")}` : "waiting for it to be gone";
    holdUps = [message, ...namespaceConditions(live)];
    call.status(message);
    return undefined;
  };
  const overdue = (): never => {
    throw new Error(`not deleted after ${Math.round(limit / 1000)} s: ${holdUps.join("; ")}`);
  };
  await poll(look, { timeout: limit, pause: pauses, overdue, wait: (pause) => sleep(pause, call.signal) });
}

/** What keeps a namespace from going. */
function namespaceConditions(object: KubernetesObject): string[] {
  const { conditions } = (object.status ?? {}) as { conditions?: { status: string; message?: string }[] };
  return object.kind === "Namespace" ? (conditions ?? []).filter((one) => one.status === "True").flatMap((one) => one.message ?? []) : [];
}
