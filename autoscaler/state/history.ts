import { type Labels, type Resources, type Taint, type Times } from "./model";

/** What the Ready nodes of a pool have in common, beside what its template says: its next node will likely have it too. */
export interface ObservedTemplate {
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** Requests of the DaemonSet and mirror pods that each of the nodes has. */
  readonly overhead: Resources;
  /** Until when the taints and the overhead are believed without a node that shows them, in milliseconds since 1970. */
  readonly until: number;
}

/** A node that was ordered and has not joined the cluster; times in milliseconds since 1970. */
export interface UpcomingNode {
  readonly orderedAt: number;
  /** When it was given up: another node was ordered in its place. */
  readonly givenUpAt?: number;
}

/** A node as it was when it was seen last; times in milliseconds since 1970. */
export interface ObservedNode {
  /** Undefined for nodes that were there before the autoscaler. */
  readonly orderedAt: number | undefined;
  /** It is Ready, or has been. */
  readonly ready: boolean;
  /** When it became so; undefined for nodes that were there before the autoscaler. */
  readonly readySince: number | undefined;
  /** A workload pod is on it, or has been. */
  readonly used: boolean;
  /** Its taints once it was no longer young: later ones are somebody's, and say nothing about other nodes. */
  readonly taints: readonly Taint[] | undefined;
  readonly givenUpAt?: number;
}

/** A pool that OVHcloud gave fewer nodes than it was asked for. */
export interface Backoff {
  readonly reason: string;
  /** When this was seen first, in milliseconds since 1970. */
  readonly since: number;
  /** The smallest size that was refused. */
  readonly refused: number;
  /** Until when that size is not asked for again, in milliseconds since 1970. */
  readonly until: number;
  /** How long that was, in milliseconds; doubles each time. */
  readonly delay: number;
}

/** How a pool's newest orders went; times in milliseconds since 1970. */
export interface OrderOutcome {
  /** Order time of the newest node that came up. */
  readonly came: number;
  /** Order time of the newest node that was given up before it came up. */
  readonly failed: number;
  /** When it was given up. */
  readonly failedAt: number;
}

/** A pod that the scheduler refuses although there seems to be room for it. */
export interface Unplaced {
  /** Name of the node with room. */
  readonly node: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** It has been reported. */
  readonly told: boolean;
}

/** How one node more of a pool was used; see idle.ts. */
export interface Use {
  /** How long it was idle each time before work came again, the latest last, in milliseconds. */
  readonly gaps: readonly number[];
  /** Since when it has been idle, in milliseconds since 1970. @default it has work */
  readonly idleSince?: number;
}

/** A batch Job that makes no pods although it may; see podless.ts. */
export interface Stall {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Pods that it had then. */
  readonly live: number;
  /** Most pods that its spec allowed then. */
  readonly window: number;
}

/** What earlier snapshots taught. Lost at a restart, which costs waiting time but never work. */
export interface History {
  /** Since when a node (`node/NAME`) or a whole pool (`pool/NAME`) has had nothing to do, in milliseconds since 1970. */
  readonly idleSince: ReadonlyMap<string, number>;
  /** How many nodes each pool had work for, and when; by pool name, one for each node. */
  readonly uses: ReadonlyMap<string, readonly Use[]>;
  /** What nodes of a flavor really offer to pods. */
  readonly allocatable: ReadonlyMap<string, Resources>;
  /** What the Ready nodes of a pool had in common, by pool name. */
  readonly observedTemplates: ReadonlyMap<string, ObservedTemplate>;
  /** When OVHcloud was last asked to remove a node by name, in milliseconds since 1970. */
  readonly removalAsked: ReadonlyMap<string, number>;
  /** Nodes on their way, by pool name, the oldest first. */
  readonly upcomingNodes: ReadonlyMap<string, readonly UpcomingNode[]>;
  /** The nodes of the last snapshot by name; undefined before the first one. */
  readonly nodes: ReadonlyMap<string, ObservedNode> | undefined;
  /** From order to Ready, by flavor. */
  readonly boots: ReadonlyMap<string, Times>;
  /** By pool name. */
  readonly backoffs: ReadonlyMap<string, Backoff>;
  /** When each pool lately gave up nodes that did not come up, in milliseconds since 1970. */
  readonly givenUp: ReadonlyMap<string, readonly number[]>;
  /** By pool name. */
  readonly outcomes: ReadonlyMap<string, OrderOutcome>;
  /** By pod id. */
  readonly unplaced: ReadonlyMap<string, Unplaced>;
  /** By uid of the Job. */
  readonly stalls: ReadonlyMap<string, Stall>;
  /** When each pool's condition was last to be written, in milliseconds since 1970, by pool name. */
  readonly conditionWrittenAt: ReadonlyMap<string, number>;
}

export const emptyHistory: History = {
  idleSince: new Map(),
  uses: new Map(),
  allocatable: new Map(),
  observedTemplates: new Map(),
  removalAsked: new Map(),
  upcomingNodes: new Map(),
  nodes: undefined,
  boots: new Map(),
  backoffs: new Map(),
  givenUp: new Map(),
  outcomes: new Map(),
  unplaced: new Map(),
  stalls: new Map(),
  conditionWrittenAt: new Map(),
};

/** The history when nodes have not been asked to go after all. */
export function withoutRemoval(history: History, nodes: readonly { readonly name: string }[]): History {
  const removalAsked = new Map(history.removalAsked);
  for (const { name } of nodes) removalAsked.delete(name);
  return { ...history, removalAsked };
}

/** What holds after a time in which others may have led: what flavors are like. All else is seen anew. */
export const afterBreak = ({ allocatable, boots }: History): History => ({ ...emptyHistory, allocatable, boots });
