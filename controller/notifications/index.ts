/**
 * Tells people and programs of the ends of Jobs: tell() puts a message into the bucket, and run() brings it to its targets, whatever they do meanwhile.
 * docs/notifications.md says what that promises.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Store } from "../../batch";
import { noTarget, type NotificationSettings, type NotificationTarget } from "../../common/notification-settings";
import { Courier, type CourierOptions } from "./courier";
import { sendEmail } from "./email";
import { added, newEntry } from "./entries";
import { Ledger, type Log, type NotificationMetrics } from "./ledger";
import { messageOf, type Notice } from "./notice";
import { Outboxes } from "./outbox";
import { type Wait } from "./sending";
import { postWebhook } from "./webhook";

export { type Log, type NotificationMetrics } from "./ledger";
export { type Notice } from "./notice";

export interface Notifications {
  /**
   * Resolves when the message is in the bucket, and never waits for a target. A notice with an id that was told before changes nothing.
   * @throws {StoreError} when the bucket cannot be read or written: then it is to be told again
   */
  tell(notice: Notice): Promise<void>;
  /** Delivers until aborted, also what an earlier process left behind. One process of several runs it at a time; should two, each message is sent once all the same. */
  run(signal: AbortSignal): Promise<void>;
}

export interface NotificationOptions {
  readonly settings: NotificationSettings;
  readonly store: Store;
  /** Name of the cluster, for the messages. @default it is left out */
  readonly cluster?: string;
  readonly metrics?: NotificationMetrics;
  readonly log: Log;
  /** Milliseconds since 1970. @default this machine's clock */
  readonly now?: () => number;
  /** @default a timer */
  readonly wait?: Wait;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
  /** Certificates that those of mail servers may be signed by, PEM. @default the public ones */
  readonly authorities?: string;
}

export function createNotifications({ settings, store, cluster, metrics, log, authorities, ...times }: NotificationOptions): Notifications {
  const { targets, linkBase } = settings;
  const { now = Date.now, random = Math.random, wait = timer } = times;
  const outboxes = new Outboxes(store);
  const ledger = new Ledger(log, metrics);
  const send: CourierOptions["send"] = ({ webhook, email }, sending) =>
    webhook ? postWebhook(webhook, sending) : sendEmail(email!, sending, authorities);
  const courier = new Courier({ outboxes, targets, send, ledger, now, wait, random });
  return {
    async tell(notice) {
      const { name, notify } = notice.parameters;
      const unknown = (notify ?? []).filter((one) => one !== noTarget && !targets.some((target) => target.name === one));
      if (unknown.length > 0)
        ledger.unknownTargets(
          name,
          unknown,
          targets.map((target) => target.name),
        );
      const names = chosen(targets, notice);
      if (names.length === 0) return;
      const entry = newEntry(notice.id, messageOf(notice, { cluster, linkBase }), names, now());
      let dropped: readonly string[] = [];
      const entries = await outboxes.update(name, (all) => {
        const changed = added(all, entry);
        dropped = changed?.dropped ?? [];
        return changed?.entries;
      });
      for (const target of dropped) ledger.givenUp({ job: name, target, error: "newer notifications of the Job took its place" });
      courier.keep(name, entries);
    },
    run: (signal) => courier.run(signal),
  };
}

/** Names of the targets that are told of an end. */
const chosen = (targets: readonly NotificationTarget[], { parameters: { notify }, result: { status } }: Notice): string[] =>
  targets.filter(({ name, on }) => on.includes(status) && (notify?.includes(name) ?? true)).map(({ name }) => name);

const timer: Wait = (milliseconds, signal) => sleep(milliseconds, undefined, { signal });
