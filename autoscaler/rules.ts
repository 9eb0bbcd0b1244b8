import { type Flavor } from "./flavors";

/** The rules of a decision; times in milliseconds. */
export interface Rules {
  /** How long a node, or a pool, has nothing to do before it is removed. */
  readonly scaleDownDelay: number;
  /** How long a cordoned node is watched for a pod that was bound at the same moment. */
  readonly settle: number;
  /** A node that is not Ready after this time is no place for pods. */
  readonly bootTimeout: number;
  /** How long OVHcloud may take to show the effect of a removal by name before it is asked again. */
  readonly removalRetry: number;
  /** Nodes can be removed by name, through the OVHcloud API. */
  readonly namedRemoval: boolean;
  readonly flavors: Readonly<Record<string, Flavor>>;
}
