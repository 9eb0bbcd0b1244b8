/** What happens to the entries of an outbox. Pure. */
import * as z from "zod";
import { messageSchema } from "./notice";
import { lease, patience } from "./schedule";

/** Messages of a Job that are kept, whatever became of them. */
export const mostKept = 50;

const time = z.iso.datetime();

const deliverySchema = z.looseObject({
  /** `refused`: the target will never take it; `given up`: it did not take it in time. */
  state: z.enum(["pending", "sent", "refused", "given up"]),
  /** Tries so far, written before each is made. */
  tries: z.int().min(0),
  /** While it is pending: nobody tries before this time. */
  next: time,
});

const entrySchema = z.looseObject({
  /** Of the notice. */
  id: z.string(),
  /** When it was told. */
  at: time,
  message: messageSchema,
  /** By the names of the targets. */
  targets: z.record(z.string(), deliverySchema),
});

export const outboxSchema = z.looseObject({ entries: z.array(entrySchema) });

export type Delivery = z.infer<typeof deliverySchema>;
export type Entry = z.infer<typeof entrySchema>;
export type Entries = readonly Entry[];

const iso = (time: number): string => new Date(time).toISOString();

/** Names of the targets that are still to get a message. */
export const pendingOf = ({ targets }: Entry): string[] =>
  Object.entries(targets).flatMap(([name, { state }]) => (state === "pending" ? [name] : []));

const withDelivery = (entry: Entry, target: string, values: Partial<Delivery>): Entry => ({
  ...entry,
  targets: { ...entry.targets, [target]: { ...entry.targets[target]!, ...values } },
});

/** @param names of the targets @param now in milliseconds since 1970 */
export const newEntry = (id: string, message: Entry["message"], names: readonly string[], now: number): Entry => ({
  ...{ id, message, at: iso(now) },
  targets: Object.fromEntries(names.map((name) => [name, { state: "pending" as const, tries: 0, next: iso(now) }])),
});

/** Adds an entry. `dropped` are the targets that will not get what made room for it. Undefined: it is there already. */
export function added(entries: Entries, entry: Entry): { readonly entries: Entries; readonly dropped: readonly string[] } | undefined {
  if (entries.some(({ id }) => id === entry.id)) return undefined;
  const all = [...entries, entry];
  return { entries: all.slice(-mostKept), dropped: all.slice(0, -mostKept).flatMap(pendingOf) };
}

export interface Place {
  /** Of the notice. */
  readonly id: string;
  readonly target: string;
}

/** Notes that somebody makes the next try now. Undefined: another one does, or there is none to make. */
export function claimed(
  entries: Entries,
  { id, target }: Place,
  now: number,
): { readonly entries: Entries; readonly entry: Entry } | undefined {
  const found = entries.find((entry) => entry.id === id);
  const delivery = found?.targets[target];
  if (!found || delivery?.state !== "pending" || Date.parse(delivery.next) > now) return undefined;
  const entry = withDelivery(found, target, { tries: delivery.tries + 1, next: iso(now + lease) });
  return { entries: entries.map((one) => (one === found ? entry : one)), entry };
}

export interface Settlement extends Place {
  /** Number of the try, from 1. */
  readonly tries: number;
  readonly state: Delivery["state"];
  /** When to try again, in milliseconds since 1970. */
  readonly next?: number;
}

/** Notes what came of a try. */
export const settled = (entries: Entries, { id, target, tries, state, next }: Settlement): Entries =>
  entries.map((entry) => {
    const delivery = entry.id === id ? entry.targets[target] : undefined;
    if (delivery?.state !== "pending") return entry;
    // When this try took too long, somebody else may be at the next one.
    if (state === "pending" && delivery.tries !== tries) return entry;
    return withDelivery(entry, target, { state, ...(next !== undefined && { next: iso(next) }) });
  });

/** Gives up what waits for targets that these settings do not have: another process with others has had its time. */
export function abandoned(
  entries: Entries,
  names: ReadonlySet<string>,
  now: number,
): { entries: Entries; lost: readonly string[] } | undefined {
  const lost: string[] = [];
  const changed = entries.map((entry) =>
    pendingOf(entry)
      .filter((name) => !names.has(name) && now >= Date.parse(entry.at) + patience)
      .reduce((one, name) => {
        lost.push(name);
        return withDelivery(one, name, { state: "given up" });
      }, entry),
  );
  return lost.length > 0 ? { entries: changed, lost } : undefined;
}
