/**
 * Times of a CronJob, as Kubernetes reads them: five fields (minute, hour, day of the month, month, day of the week), or a name such as `@daily`.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
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
  const parts = partsOf(text);
  if (parts.length !== fields.length)
    return `must be minute, hour, day of the month, month and day of the week, such as "30 2 * * *", or one of ${Object.keys(named).join(", ")}, not ${JSON.stringify(text)}`;
  const wrong = fields.find((_field, i) => !parseField(parts[i]!, i));
  if (!wrong) return undefined;
  const part = parts[fields.indexOf(wrong)];
  return `the ${wrong.name} must be ${wrong.least} to ${wrong.most}, a list (1,2), a range (1-5), a step (*/5) or *, not ${JSON.stringify(part)}`;
}

/** The first time of the schedule after `after`. Answers undefined for one that never comes (February 30), or not within 5 years. */
export function nextRun(cron: string, timeZone: string, after: Date): Date | undefined {
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
    for (const hour of [...hours.values].sort(ascending)) {
      for (const minute of [...minutes.values].sort(ascending)) {
        const wall = day + (hour * 60 + minute) * minuteMs;
        const time = wall < start ? undefined : instant(wall, timeZone);
        if (time && time > after) return time;
      }
    }
  }
  return undefined;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const ascending = (a: number, b: number): number => a - b;

const partsOf = (text: string): string[] => (named[text] ?? text).trim().split(/\s+/);

function parseField(text: string, index: number): Field | undefined {
  const field = fields[index]!;
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, from, to, step] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    const open = from === "*" || from === "?";
    const first = open ? field.least : number(from, field);
    const last = to !== undefined ? number(to, field) : open || step !== undefined ? field.most : first;
    if (first === undefined || last === undefined || (open && to !== undefined)) return undefined;
    if (first < field.least || last > field.most || first > last || Number(step ?? 1) < 1) return undefined;
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return { values, open: /(^|,)[*?]($|,)/.test(text) };
}

function number(text: string, field: (typeof fields)[number]): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!("words" in field)) return undefined;
  const index = field.words.indexOf(text.toLowerCase());
  return index < 0 ? undefined : index + field.first;
}

/** How far the zone's clocks are ahead of UTC, in milliseconds. */
function offset(time: Date, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return wall - Math.floor(time.getTime() / 1000) * 1000;
}

/** When the zone's clocks show a time. Answers undefined for one that they skip as summer begins; of two as it ends, the first. */
function instant(wall: number, timeZone: string): Date | undefined {
  const candidates = [wall - offset(new Date(wall - dayMs), timeZone), wall - offset(new Date(wall + dayMs), timeZone)].sort(ascending);
  const found = candidates.find((time) => time + offset(new Date(time), timeZone) === wall);
  return found === undefined ? undefined : new Date(found);
}
