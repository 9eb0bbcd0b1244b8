/** Tells what will never heal by waiting, so that nobody waits for it. */
import { plural } from "../common/text";
import { type Waiting } from "./pods";
import { type Progress } from "./progress";

/** Messages of a registry that has no such image or does not let us have it, whatever the container runtime. */
const noImage = /not found|manifest unknown|does not exist|no such|denied|unauthorized|forbidden|invalid reference/i;

/** Messages of a registry that wants another account, or any. Some say so of images that they have not got, too. */
const noAccess = /denied|unauthorized|forbidden/i;
const accessAdvice =
  "; is the reference right, and does 'imagePullSecrets' name a Secret of the Job's namespace with an account of that registry that may pull?";

/** Why pods may never be created, whereas a quota that is used up heals. */
const noPod = /violates PodSecurity|not found|no PriorityClass|is invalid/i;

const minute = 60_000;

interface Fault {
  readonly what: string;
  /** How long it may last, in milliseconds. An image is tried about three times in 45 s; a Secret, a claim or a pool may be on its way. */
  readonly patience: number;
}

function faultOf({ kind, reason, message }: Waiting): Fault | undefined {
  if (reason === "InvalidImageName") return { what: "the image reference is not valid", patience: 0 };
  if (kind === "image") return { what: "the image cannot be pulled", patience: noImage.test(message) ? 45_000 : 10 * minute };
  if (kind === "container") return { what: "the container cannot be created", patience: 2 * minute };
  if (kind === "creation" && noPod.test(message)) return { what: "the pods cannot be created", patience: 2 * minute };
  if (reason === "VolumeMissing") return { what: "the pods can run nowhere", patience: 2 * minute };
  if (reason === "NoPoolFits") return { what: "no node of any pool will ever do", patience: 2 * minute };
  return undefined;
}

/** Watches over pods that wait. Only for as long as no container has started: later on it is one node's fault, not the Job's. */
export class Blockage {
  private readonly since = new Map<string, number>();

  /** Answers why the Job can never start, if so. */
  check(progress: Progress, now: number): string | undefined {
    const present = new Set<string>();
    for (const waiting of progress.waiting) {
      const fault = faultOf(waiting);
      if (!fault) continue;
      present.add(fault.what);
      if (!this.since.has(fault.what)) this.since.set(fault.what, now);
      if (now - this.since.get(fault.what)! < fault.patience) continue;
      const { reason, message, pods } = waiting;
      const advice = waiting.kind === "image" && noAccess.test(message) ? accessAdvice : "";
      return `${fault.what} (${reason}, ${plural(pods, "pod")}): ${message}${advice}`;
    }
    for (const what of this.since.keys()) if (!present.has(what)) this.since.delete(what);
    return undefined;
  }
}
