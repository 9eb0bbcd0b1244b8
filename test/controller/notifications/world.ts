import { notificationSettings } from "../../../common/notification-settings";
import { createNotifications, type Notice, type NotificationOptions } from "../../../controller/notifications";
import { type Entry } from "../../../controller/notifications/entries";
import { FakeStore } from "../../batch/fakes/store";
import { HeldClock, turn, until } from "./clock";
import { sampleNotice } from "./sample";

/** What several processes share. */
export function createSurroundings() {
  return { clock: new HeldClock(), bucket: new FakeStore() };
}

const stopping: (() => Promise<void>)[] = [];

/** Ends the processes of a test. */
export async function stopAll(): Promise<void> {
  for (const stop of stopping.splice(0)) await stop();
}

/** A process that notifies. @param targets as in the settings */
export function createProcess(
  targets: readonly object[],
  { clock, bucket } = createSurroundings(),
  options: Partial<NotificationOptions> = {},
) {
  const lines: Record<string, unknown>[] = [];
  const outcomes: string[] = [];
  let pending = 0;
  const notifications = createNotifications({
    settings: notificationSettings.parse({ targets }),
    store: bucket,
    cluster: "prod",
    log: {
      info: (fields, text) => lines.push({ level: "info", text, ...fields }),
      warn: (fields, text) => lines.push({ level: "warn", text, ...fields }),
    },
    metrics: { outcome: (target, outcome) => outcomes.push(`${target} ${outcome}`), pending: (count) => (pending = count) },
    now: clock.now,
    wait: clock.wait,
    random: () => 0.5,
    ...options,
  });
  const stop = new AbortController();
  const entries = (job = "sweep"): Entry[] => {
    const text = bucket.objects.get(`batch/.jobs/notices/${job}.json`);
    return text === undefined ? [] : (JSON.parse(text) as { entries: Entry[] }).entries;
  };
  const triesOf = () =>
    entries()
      .flatMap(({ targets }) => Object.values(targets ?? {}))
      .reduce((sum, { tries }) => sum + tries, 0);
  const before = triesOf();
  const isTrying = () => triesOf() - before !== outcomes.filter((text) => !text.endsWith("given_up")).length;

  /** Waits until every try that has begun has come to an end and is written down. */
  async function idle(): Promise<void> {
    for (let calm = 0; calm < 20; calm++) {
      await turn();
      if (!isTrying()) continue;
      await until(() => !isTrying());
      calm = 0;
    }
  }

  return {
    ...{ lines, outcomes, entries, idle, bucket, clock },
    pending: () => pending,
    tell: (values: Parameters<typeof sampleNotice>[0] = {}): Promise<void> => notifications.tell(sampleNotice(values) satisfies Notice),
    /** @param options `dies`: it never comes to an end */
    start: ({ dies = false } = {}): void => {
      const running = notifications.run(stop.signal);
      stopping.push(async () => {
        stop.abort();
        if (!dies) await running;
      });
    },
    /** Lets time pass, with all that happens meanwhile. */
    pass: async (milliseconds: number): Promise<void> => {
      const end = clock.now() + milliseconds;
      for (await idle(); clock.next <= end; await idle()) clock.advanceTo(clock.next);
      clock.advanceTo(end);
      await idle();
    },
    state: (target: string, job?: string) => entries(job).map(({ targets }) => targets[target]?.state),
  };
}

export type Process = ReturnType<typeof createProcess>;
