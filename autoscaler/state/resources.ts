import { parseQuantity } from "../../common/quantity";
import { type Resources } from "./model";

/** Reads the `requests` or `allocatable` of an object: CPU in thousandths, all else in whole numbers. @throws for a quantity that is none */
export function parseResources(quantities: Readonly<Record<string, string | number>> | undefined): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const name in quantities) {
    const quantity = parseQuantity(quantities[name]!);
    if (!quantity) throw new Error(`not a Kubernetes quantity: ${quantities[name]}`);
    amounts[name] = name === "cpu" ? quantity.milliValue : quantity.value;
  }
  return amounts;
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
