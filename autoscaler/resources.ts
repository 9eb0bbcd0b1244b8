import { type Resources } from "./model";

const factors: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Reads a Kubernetes quantity such as "250m", "1.5Gi" or "1e3". @throws when it is none */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)([A-Za-z]{0,2})$/.exec(String(text));
  const factor = factors[match?.[2] ?? ""];
  const value = Number(match?.[1]);
  if (!match || factor === undefined || Number.isNaN(value)) throw new Error(`not a Kubernetes quantity: ${text}`);
  return value * factor;
}

/** Reads the `requests` or `allocatable` of an object. Whole numbers come out, so that sums compare exactly. */
export function parseResources(quantities: Readonly<Record<string, string | number>> | undefined): Record<string, number> {
  const entries = Object.entries(quantities ?? {}).map(([name, value]) => {
    const amount = parseQuantity(value) * (name === "cpu" ? 1000 : 1);
    return [name, Math.ceil(amount - 1e-6)] as const;
  });
  return Object.fromEntries(entries);
}

export function add(a: Resources, b: Resources): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

export function largest(a: Resources, b: Resources): Record<string, number> {
  const result: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = Math.max(result[name] ?? 0, amount);
  return result;
}

/** Prefix of the resources that host ports are counted as: a node has each of them once. */
export const hostPortPrefix = "hostPort/";

const unstated = (name: string): number => (name.startsWith(hostPortPrefix) ? 1 : 0);

/** How many times `requests` fits into `free`. */
export function timesFitting(free: Resources, requests: Resources): number {
  let times = Infinity;
  for (const name in requests) {
    const wanted = requests[name] ?? 0;
    if (wanted > 0) times = Math.min(times, Math.floor((free[name] ?? unstated(name)) / wanted));
  }
  return Math.max(0, times);
}

/** Takes `times` times `requests` out of `free`, in place. */
export function take(free: Record<string, number>, requests: Resources, times: number): void {
  for (const name in requests) free[name] = (free[name] ?? unstated(name)) - (requests[name] ?? 0) * times;
}
