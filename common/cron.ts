/**
 * Times of a CronJob, as Kubernetes reads them: five fields (minute, hour, day of the month, month, day of the week), a name such as `@daily`, or
 * `@every 90m`. Odd forms that its parser takes (`1,,2`, `*-5`) are taken here, too.
 * @see https://github.com/robfig/cron/blob/v3.0.1/parser.go
 */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fields = [
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day of the month", least: 1, most: 31 },
  { name: "month", least: 1, most: 12, words: months, first: 1 },
  { name: "day of the week", least: 0, most: 6, words: weekdays, first: 0 },
] as const;

const named: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** A field's values, and whether it leaves them open (`*`). */
interface Field {
  readonly values: ReadonlySet<number>;
  readonly open: boolean;
}

/** What is wrong with a schedule, if anything is. */
export function cronFault(text: string): string | undefined {
  // Kubernetes' parser knows them, but its API refuses them.
  if (text.includes("TZ")) return `must be without a time zone, which has a setting of its own ('timeZone'), not ${JSON.stringify(text)}`;
  if (every(text) !== undefined) return undefined;
  if (text.startsWith("@every")) return `must be @every and a duration such as 90m, 1h30m or 45s, not ${JSON.stringify(text)}`;
  const parts = partsOf(text);
  if (parts.length !== fields.length)
    return `must be minute, hour, day of the month, month and day of the week, such as "30 2 * * *", or one of ${Object.keys(named).join(", ")}, @every 90m, not ${JSON.stringify(text)}`;
  const wrong = fields.find((_field, i) => !parseField(parts[i]!, i));
  if (!wrong) return undefined;
  const part = parts[fields.indexOf(wrong)];
  return `the ${wrong.name} must be ${wrong.least} to ${wrong.most}, a list (1,2), a range (1-5), a step (*/5) or *, not ${JSON.stringify(part)}`;
}

/** Returns true for a time zone that this machine knows, such as Europe/Paris. */
export const isTimeZone = (name: string): boolean => {
  // Kubernetes takes no offsets such as +01:00.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
};

/**
 * The first time of the schedule after `after`. Answers undefined for one that never comes (February 30), or not within 5 years.
 * @param since what `@every` counts from: the last time, or the CronJob's creation
 */
export function nextRun(cron: string, timeZone: string, after: Date, since = after): Date | undefined {
  const period = every(cron);
  if (period !== undefined)
    return new Date(since.getTime() + Math.max(1, Math.ceil((after.getTime() - since.getTime() + 1) / period)) * period);
  const [minutes, hours, days, month, weekday] = partsOf(cron).map((part, i) => parseField(part, i)!) as [
    Field,
    Field,
    Field,
    Field,
    Field,
  ];
  const matches = (day: Date): boolean => {
    const byDate = days.values.has(day.getUTCDate());
    const byWeekday = weekday.values.has(day.getUTCDay());
    // If both are restricted, either will do.
    return month.values.has(day.getUTCMonth() + 1) && (days.open || weekday.open ? byDate && byWeekday : byDate || byWeekday);
  };
  // Wall-clock times are written as if they were UTC. An hour earlier: as summer ends, the clocks show an hour twice.
  const start = after.getTime() + offset(after, timeZone) - minuteMs * 60;
  for (let day = start - (start % dayMs), n = 0; n < 5 * 366; n++, day += dayMs) {
    if (!matches(new Date(day))) continue;
    let again: Date | undefined;
    for (const hour of [...hours.values].sort(ascending)) {
      for (const minute of [...minutes.values].sort(ascending)) {
        const wall = day + (hour * 60 + minute) * minuteMs;
        const [time, second] = wall < start ? [] : instants(wall, timeZone);
        if (time && time > after) return again && again < time ? again : time;
        if (second && second > after) again ??= second;
      }
    }
    if (again) return again;
  }
  return undefined;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const ascending = (a: number, b: number): number => a - b;

const partsOf = (text: string): string[] => (Object.hasOwn(named, text) ? named[text]! : text).trim().split(/\s+/);

const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1e3, m: minuteMs, h: 60 * minuteMs };

/** The milliseconds of `@every` with a duration as Go reads it, in whole seconds, at least one; undefined for any other text. */
function every(text: string): number | undefined {
  const [, sign, duration] = /^@every ([+-]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? [];
  if (duration === undefined) return undefined;
  const sum = [...duration.matchAll(/([\d.]+)([^\d.]+)/g)].reduce((all, [, count, unit]) => all + Number(count) * units[unit!]!, 0);
  return sign === "-" || sum < 1000 ? 1000 : Math.floor(sum / 1000) * 1000;
}

function parseField(text: string, index: number): Field | undefined {
  const field = fields[index]!;
  const values = new Set<number>();
  let open = false;
  for (const part of text.split(",").filter(Boolean)) {
    const [range = "", step, ...slashes] = part.split("/");
    const [low = "", high, ...hyphens] = range.split("-");
    const all = low === "*" || low === "?";
    const first = all ? field.least : number(low, field);
    const last = all || (high === undefined && step !== undefined) ? field.most : high === undefined ? first : number(high, field);
    const by = step === undefined ? 1 : number(step);
    if (first === undefined || last === undefined || !by || slashes.length > 0 || (!all && hyphens.length > 0)) return undefined;
    if (first < field.least || last > field.most || first > last) return undefined;
    for (let value = first; value <= last; value += by) values.add(value);
    open ||= all && by === 1;
  }
  return { values, open };
}

function number(text: string, field?: (typeof fields)[number]): number | undefined {
  if (/^\+?\d+$/.test(text)) return Number(text) < 2 ** 63 ? Number(text) : undefined;
  if (!field || !("words" in field)) return undefined;
  const index = field.words.indexOf(text.toLowerCase());
  return index < 0 ? undefined : index + field.first;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...numeric });
  formats.set(timeZone, format);
  return format;
}

/** How far the zone's clocks are ahead of UTC, in milliseconds. */
function offset(time: Date, timeZone: string): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return wall - Math.floor(time.getTime() / 1000) * 1000;
}

/** When the zone's clocks show a time: never for one that they skip as summer begins, twice for those that come again as it ends. */
function instants(wall: number, timeZone: string): Date[] {
  const candidates = new Set([wall - offset(new Date(wall - dayMs), timeZone), wall - offset(new Date(wall + dayMs), timeZone)]);
  return [...candidates]
    .filter((time) => time + offset(new Date(time), timeZone) === wall)
    .sort(ascending)
    .map((time) => new Date(time));
}
