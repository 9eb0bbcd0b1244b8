/** The table of all tasks. */
import { type TaskRecord } from "../batch/records";
import { shortened, verb } from "../common/text";
import { barsOf, isDrawn } from "./bars";
import { bytes, dateTime, duration, longDate, plural } from "../common/format";
import { type Content, html } from "./html";
import { type Model } from "./model";

/** Most tasks that the table has: with many more, browsers become slow. */
const mostRows = 10_000;

/** More outputs of a task are counted only. */
const mostOutputs = 3;

/** A task can leave 4 KiB as its reason, and a page can have 10,000 tasks. */
const longestReason = 300;

/** Characters of the longest text that stays on one line. */
const widest = 22;

const words = { succeeded: "succeeded", failed: "failed", unfinished: "not ended" } as const;

interface Cell {
  readonly text?: string | number;
  /** What it is sorted by, if not by its text. */
  readonly value?: number;
}

interface Column {
  readonly name: string;
  readonly numeric?: true;
  readonly cell: (record: TaskRecord) => Cell;
}

/** @param prefix of the results, which the outputs' names leave out */
export function taskTable(model: Model, prefix: string): Content {
  const { records, unfinished } = shownOf(model);
  const { runs } = model.clock;
  const left = model.totals.tasks - records.length - unfinished.length;
  const days = new Set(runs.flatMap(({ from, to }) => [dateTime(from).slice(0, 10), dateTime(to).slice(0, 10)]));
  const oneDay = days.size === 1;
  const status: Column = { name: "Status", cell: ({ status }) => ({ text: words[status] }) };
  const others: Column[] = [
    { name: "Attempts", numeric: true, cell: ({ attempts }) => ({ text: attempts.length }) },
    { name: "Start", cell: (record) => startOf(record, oneDay) },
    { name: "Duration", numeric: true, cell: durationOf },
    { name: "Node", cell: ({ node }) => ({ text: node }) },
    { name: "Exit code", numeric: true, cell: ({ exitCode }) => ({ text: exitCode }) },
    { name: "Reason", cell: ({ reason }) => ({ text: reason && shortened(reason, longestReason) }) },
    { name: "Outputs", cell: (record) => ({ text: outputsOf(record, prefix) }) },
  ];
  // A column in which nothing stands is only in the way.
  const columns = [status, ...others.filter(({ cell }) => records.some((record) => cell(record).text !== undefined))];
  const rows = records.map((record) => row(record.name, record.status, columns, ({ cell }) => cell(record)));
  const rest = unfinished.map((name) =>
    row(name, "unfinished", columns, (column) => ({ text: column === status ? words.unfinished : undefined })),
  );
  const heads = columns.map(({ name, numeric }) => html`<th scope="col" ${numeric && html`class="n"`}>${name}</th>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="tasks">
    <table id="table">
      <caption>
        Each task with its last attempt. Times are
        UTC${oneDay && `, on ${longDate(runs[0]!.from).split(",")[0]}`}.${
          left > 0 && ` ${plural(left, "further task")} ${verb(left, "are")} left out: those that failed or have not ended come first.`
        }
      </caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows}${rest}
      </tbody>
    </table>
  </div>`;
}

/** The tasks of the table, in their order. Where there are too many, those that succeeded are left out first. */
function shownOf({ records, unfinished }: Model): Pick<Model, "records" | "unfinished"> {
  if (records.length + unfinished.length <= mostRows) return { records, unfinished };
  let room = mostRows;
  const take = <T>(items: readonly T[]): readonly T[] => {
    const taken = items.slice(0, room);
    room -= taken.length;
    return taken;
  };
  const others = take(records.filter(({ status }) => status !== "succeeded"));
  const open = take(unfinished);
  const kept = new Set([...others, ...take(records.filter(({ status }) => status === "succeeded"))]);
  return { records: records.filter((record) => kept.has(record)), unfinished: open };
}

function row(name: string, status: TaskRecord["status"], columns: readonly Column[], cellOf: (column: Column) => Cell): Content {
  const cells = columns.map((column) => {
    const { text, value } = cellOf(column);
    return html`<td ${column.numeric ? html`class="n"` : wrapping(text)}${value !== undefined && html` data-v="${value}"`}>${text}</td>`;
  });
  return html`<tr class="${status}">
    <th scope="row" ${wrapping(name)}>${name}</th>
    ${cells}
  </tr>`;
}

/** A text that may be broken anywhere, as it would make its column too wide. */
const wrapping = (text: string | number | undefined): Content => String(text ?? "").length > widest && html`class="long"`;

function startOf(record: TaskRecord, oneDay: boolean): Cell {
  const start = lastAttempt(record)?.start;
  return start === undefined ? {} : { text: dateTime(start).slice(oneDay ? 11 : 0) };
}

function durationOf(record: TaskRecord): Cell {
  const last = lastAttempt(record);
  if (last?.start === undefined) return {};
  const seconds = (last.end - last.start) / 1000;
  return { text: duration(seconds), value: Math.round(seconds * 1000) / 1000 };
}

const lastAttempt = (record: TaskRecord) => barsOf(record).filter(isDrawn).at(-1);

function outputsOf({ name, outputs }: TaskRecord, prefix: string): string | undefined {
  if (outputs.length === 0) return undefined;
  const size = bytes(outputs.reduce((sum, output) => sum + output.bytes, 0));
  if (outputs.length > mostOutputs) return `${plural(outputs.length, "file")}, ${size}`;
  return `${outputs.map(({ key }) => [prefix, `${name}/`].reduce(without, key)).join(", ")}, ${size}`;
}

const without = (text: string, beginning: string): string => (text.startsWith(beginning) ? text.slice(beginning.length) : text);
