import { type Billing } from "../../common/billing";
import { hourEnd } from "../../common/hours";
import { type Flavor, hasGpus } from "./flavor";
import { type Resources } from "./model";

/** The rules of a decision; times in milliseconds. */
export interface Rules {
  /** How long a node, or a pool, has nothing to do before it is removed; `auto`: as idle.ts decides. */
  readonly scaleDownDelay: number | "auto";
  /** How long a cordoned node is watched for a pod that was bound at the same moment. */
  readonly settle: number;
  /** A node that is not Ready so long after its order is given up. */
  readonly bootTimeout: number;
  /** The same for flavors with GPUs, whose nodes take much longer. */
  readonly gpuBootTimeout?: number;
  /** How long OVHcloud may take to show the effect of a removal by name before it is asked again. */
  readonly removalRetry: number;
  /** Nodes can be removed by name, through the OVHcloud API. */
  readonly namedRemoval: boolean;
  readonly flavors: Readonly<Record<string, Flavor>>;
  /** How long nodes are taken to boot until one was seen to. */
  readonly usualBoot?: number;
  /** A node that was Ready and is not any more is given up after this time; `healed`: once OVHcloud's auto-healing should have mended it. */
  readonly unreadyTimeout?: number | "healed";
  /** `hourly`: each clock hour that has begun is paid, so that an idle node stays until shortly before the next one begins. */
  readonly billing?: Billing;
  /** How long before a clock hour's end idle nodes are removed. */
  readonly billingMargin?: number;
  /** How long OVHcloud's refusal must stand before the order is taken back to what it granted. */
  readonly backoffSettle?: number;
  /** For how long a refused size is not asked for again: at first, and at most. */
  readonly backoffDelays?: readonly [number, number];
  /** Most nodes that all pools may have together, by the plan of the cluster. */
  readonly maxNodes?: number;
  /** By pool: what each of its nodes offers beside what its flavor tells. */
  readonly extendedResources?: Readonly<Record<string, Resources>>;
  /** Price of a node's hour by flavor; flavors go by size when one of a choice has none. */
  readonly prices?: Readonly<Record<string, number>>;
}

/** Of the rules that may be left out. */
export const defaultRules = {
  usualBoot: 300_000,
  gpuBootTimeout: 5_400_000,
  unreadyTimeout: "healed",
  billing: "perSecond",
  billingMargin: 120_000,
  backoffSettle: 3_000,
  backoffDelays: [60_000, 300_000],
  maxNodes: Infinity,
  extendedResources: {},
  prices: {},
} as const satisfies Partial<Rules>;

export type CompleteRules = Required<Rules>;

/** How long idle nodes are kept where it is left to the autoscaler and billing is hourly: the hour's end decides, so that this only has to outlast short gaps. */
const hourlyDelay = 60_000;

/** True when what a boot costs, and what arrivals show, decides on how long idle nodes are kept. */
export const isAuto = ({ scaleDownDelay, billing }: CompleteRules): boolean => scaleDownDelay === "auto" && billing === "perSecond";

/** The time that idle nodes are kept where it is fixed, in milliseconds. */
export const fixedDelay = ({ scaleDownDelay }: CompleteRules): number => (scaleDownDelay === "auto" ? hourlyDelay : scaleDownDelay);

/** How long a node of the flavor may take from its order to Ready, in milliseconds. */
export const bootTimeoutOf = (flavor: string, { bootTimeout, gpuBootTimeout, flavors }: CompleteRules): number =>
  hasGpus(flavor, flavors) ? gpuBootTimeout : bootTimeout;

/** Milliseconds. */
const hour = 3_600_000;

/**
 * From when on an idle node may go, in milliseconds since 1970; `now` when it may go already. With hourly billing (the US) OVHcloud bills every clock
 * hour in which a node exists (one that runs from 12:50 to 13:10 pays two), so that a node costs nothing more until the full hour.
 * @param lead milliseconds that have to pass between now and the removal
 */
export function removableFrom(now: number, { billing, billingMargin }: CompleteRules, lead: number): number {
  if (billing === "perSecond") return now;
  const end = hourEnd(now);
  // Too late for this hour: the next one will have begun by the time that the node is gone.
  if (now + lead >= end) return end + hour - billingMargin;
  return Math.max(now, end - billingMargin);
}
