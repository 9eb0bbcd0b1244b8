import type { Diff } from "./diff";
import type { Properties } from "./values";

/** What the engine tells with each call about a resource. */
export interface Call {
  readonly urn: string;
  /** Type token, e.g. `ovh:CloudProject/kube:Kube`. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Nothing may be changed: only what would come of it is asked. */
  readonly preview: boolean;
  /** The resource's custom timeout, in milliseconds. */
  readonly timeout: number | undefined;
  /** Aborted when the user cancels the update. */
  readonly signal: AbortSignal;
  /** Input paths whose changes the program ignores. */
  readonly ignoreChanges: readonly string[];
  /** A line for the user, kept in the resource's log. */
  log(severity: "info" | "warning" | "error", message: string): void;
  /** What is being done right now, shown beside the resource until the next status. */
  status(message: string): void;
}

export interface CheckFailure {
  /** Path of the input, e.g. `template.spec.taints[0]`. */
  readonly property: string;
  readonly reason: string;
}

export interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** What the engine knows of a resource from its last update. */
export interface Known {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

export interface Created {
  readonly id: string;
  readonly outputs: Properties;
}

/** The life of one type of resource. Each method may be called again after it failed or was interrupted. */
export interface Resource {
  /** Validates and completes the inputs. `seed` makes autonames: the same seed gives the same name. */
  check(news: Properties, olds: Properties | undefined, seed: Uint8Array, call: Call): Checked | Promise<Checked>;
  diff(old: Known, news: Properties, call: Call): Diff | Promise<Diff>;
  create(news: Properties, call: Call): Promise<Created>;
  /** Answers the resource as it is now, or undefined when it is gone. Inputs are empty when it is being imported. */
  read(old: Known, call: Call): Promise<Known | undefined>;
  update(old: Known, news: Properties, call: Call): Promise<Properties>;
  delete(old: Known, call: Call): Promise<void>;
}

export interface Provider {
  readonly name: string;
  readonly version: string;
  /** `olds` are the inputs of the last update, if there was one. */
  checkConfig(news: Properties, olds: Properties): Checked | Promise<Checked>;
  /** Whether a change of the provider's own inputs replaces everything that was made with it. */
  diffConfig(olds: Properties, news: Properties): Diff | Promise<Diff>;
  /** Called once, with known inputs only, before any resource is touched. */
  configure(inputs: Properties): void | Promise<void>;
  /** The implementation of a type. @throws when the type is not known. */
  resource(type: string): Resource;
  /** Runs a function such as `getKube`. @throws when the function is not known. */
  invoke(token: string, args: Properties): Promise<Properties>;
}

/** The resource exists, but is not (yet) as asked. The engine keeps it in the state, and mends it with the next update. */
export class InitFailed extends Error {
  override readonly name = "InitFailed";
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly reasons: readonly string[],
    /** The inputs as they are now, when it is read. */
    readonly inputs?: Properties,
  ) {
    super(reasons.join("\n"));
  }
}

/** Runs on to the end of `ms`, or rejects when the user cancels. */
export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancelled = () => {
      clearTimeout(timer);
      reject(new Error("cancelled"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", cancelled);
      resolve();
    }, ms);
    if (signal.aborted) cancelled();
    else signal.addEventListener("abort", cancelled, { once: true });
  });
