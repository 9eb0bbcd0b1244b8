/** Tells what will never heal by waiting, so that nobody waits for it. */
import { plural } from "../../common/text";
import { type Parameters } from "../spec";
import { type Waiting } from "../jobs/pods";
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

/** What a kubelet says of a container that it is about to create, without an Event that tells more. */
const onItsWay = new Set(["", "ContainerCreating", "PodInitializing"]);

function faultOf({ kind, reason, message }: Waiting, startDeadline: number): Fault | undefined {
  if (reason === "InvalidImageName") return { what: "the image reference is not valid", patience: 0 };
  if (kind === "image") return { what: "the image cannot be pulled", patience: noImage.test(message) ? 45_000 : 10 * minute };
  if (kind === "container") return { what: "the container cannot be created", patience: 2 * minute };
  if (kind === "start" && !onItsWay.has(reason)) return { what: "the pods cannot start", patience: startDeadline };
  if (kind === "creation" && noPod.test(message)) return { what: "the pods cannot be created", patience: 2 * minute };
  if (reason === "VolumeMissing") return { what: "the pods can run nowhere", patience: 2 * minute };
  if (reason === "NoPoolFits") return { what: "no node of any pool will ever do", patience: 2 * minute };
  return undefined;
}

/** How far a Job is that may be blocked. */
export interface Stand {
  readonly progress: Progress;
  /** Whether a container of it has ever started: then image and settings were good, and it may be one node's fault. */
  readonly started: boolean;
}

/** Watches over pods that wait. */
export class Blockage {
  private readonly since = new Map<string, number>();

  constructor(private readonly parameters: Pick<Parameters, "startDeadlineSeconds" | "parallelism">) {}

  /** Answers why the Job can never start, if so, or why what is left of it cannot: as long as other tasks run or may, they are waited for. */
  check({ progress, started }: Stand, now: number): string | undefined {
    const faults = progress.waiting.map((waiting) => ({ waiting, fault: faultOf(waiting, this.parameters.startDeadlineSeconds * 1000) }));
    const others = this.mayGoOn(progress) || faults.some(({ fault }) => !fault);
    const present = new Set<string>();
    for (const { waiting, fault } of faults) {
      // A pod that has a node and does not start tells as little of the others.
      if (!fault || (others && (started || waiting.kind === "start"))) continue;
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

  /** Whether a task runs, or has no pod yet although there is room for one, e.g. before its next attempt. */
  private mayGoOn({ total, succeeded, failed, running, waiting, atOnce = Infinity }: Progress): boolean {
    const pending = waiting.reduce((sum, { pods }) => sum + pods, 0);
    return running > 0 || pending < Math.min(total - succeeded - failed, this.parameters.parallelism ?? Infinity, atOnce);
  }
}
