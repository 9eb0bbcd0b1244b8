/** The timeline: a lane for each node, with a bar for each attempt; or, where there are too many, how busy each node was. */
import { shortened, verb } from "../common/text";
import { type Bar, isDrawn, type Lane } from "./bars";
import { type Clock } from "./clock";
import { dateTime, duration, percent, plural } from "../common/format";
import { type Content, html } from "./html";
import { density } from "./density";
import { type Model, type NodeUse } from "./model";

/** Beyond these, a page shows how busy the nodes were instead of each attempt. */
const limits = { bars: 2000, lanes: 40, densityLanes: 100 };

/** Height of the rows of attempts that a node ran at the same time, in pixels. */
const row = { tallest: 14, lowest: 3, laneAtMost: 84, gap: 1, laneGap: 6 };

export interface Timeline {
  readonly labels: Content;
  readonly lanes: Content;
  readonly height: number;
  /** What it does not show, or shows in sum. */
  readonly notes: readonly string[];
  readonly detailed: boolean;
}

export function timeline({ nodes, clock, undrawn }: Model): Timeline {
  const drawn = nodes.reduce((sum, { bars }) => sum + bars.length, 0);
  const detailed = drawn <= limits.bars && nodes.length <= limits.lanes;
  const { lanes, notes } = lanesOf(nodes, detailed);
  if (!detailed) {
    notes.unshift(
      `${plural(drawn, "attempt")} on ${plural(nodes.length, "node")} are too many to draw each: the darker a node's lane, the more of them ran there at a time; ` +
        `a mark under the lane is a failed one.`,
    );
  }
  if (undrawn > 0) notes.push(`${plural(undrawn, "attempt")} without a node or times ${verb(undrawn, "are")} not drawn.`);
  let height = 0;
  const labels: Content[] = [];
  const drawings: Content[] = [];
  const draw = detailed ? bars : density(lanes, clock);
  for (const lane of lanes) {
    const drawing = draw(lane, height, clock);
    labels.push(
      html`<text x="100%" y="${height + drawing.height / 2 + 4}" text-anchor="end">${lane.label}<title>${lane.title}</title></text>`,
    );
    drawings.push(
      html`<g class="lane"
        ><rect class="ground" y="${height}" width="100%" height="${drawing.height}"><title>${lane.title}</title></rect>${drawing.content}</g
      >`,
    );
    height += drawing.height + row.laneGap;
  }
  return { labels, lanes: drawings, height: height - row.laneGap, notes, detailed };
}

function lanesOf(nodes: readonly NodeUse[], detailed: boolean): { lanes: Lane[]; notes: string[] } {
  const most = detailed ? limits.lanes : limits.densityLanes;
  const shown = nodes.slice(0, nodes.length > most ? most - 1 : most);
  const rest = nodes.slice(shown.length);
  const shorten = shortener(nodes.map(({ name }) => name));
  const lanes = shown.map(({ name, bars, busy }) => ({
    label: shorten(name),
    title: `${name}: ${plural(bars.length, "attempt")}, busy for ${duration(busy)}`,
    bars,
  }));
  if (rest.length === 0) return { lanes, notes: [] };
  const others = rest.flatMap(({ bars }) => bars);
  const title = `${plural(rest.length, "further node")}: ${plural(others.length, "attempt")}`;
  return {
    lanes: [...lanes, { label: `+${plural(rest.length, "node")}`, title, bars: others }],
    notes: [`The last lane sums up the ${plural(rest.length, "node")} that began to work last.`],
  };
}

/** Node names of a pool differ only at their ends: labels leave out what all have in common, up to a '-' or '.', and what is too long. */
function shortener(names: readonly string[]): (name: string) => string {
  const longest = 12;
  let common = 0;
  const [first = "", ...others] = names;
  while (others.length > 0 && common < first.length && others.every((name) => name[common] === first[common])) common++;
  const cut = Math.max(first.lastIndexOf("-", common - 1), first.lastIndexOf(".", common - 1)) + 1;
  const short = first.length > longest ? cut : 0;
  return (name) => {
    const rest = name.slice(short) || name;
    return rest.length > longest ? `…${rest.slice(1 - longest)}` : rest;
  };
}

function bars(lane: Lane, y: number, clock: Clock): { content: Content; height: number } {
  const rows = pack(lane.bars);
  const height = Math.max(row.lowest, Math.min(row.tallest, Math.floor(row.laneAtMost / rows.length) - row.gap));
  const content = rows.flatMap((members, i) => members.map((bar) => drawBar(bar, y + i * (height + row.gap), height, clock)));
  return { content, height: rows.length * (height + row.gap) - row.gap };
}

/** Attempts that ran at the same time go into different rows; in each row they are in the order of time. */
export function pack(bars: readonly Bar[]): Bar[][] {
  const rows: { end: number; bars: Bar[] }[] = [];
  for (const bar of bars) {
    if (!isDrawn(bar)) continue;
    const free = rows.find(({ end }) => end <= bar.start);
    if (free) {
      free.bars.push(bar);
      free.end = bar.end;
    } else rows.push({ end: bar.end, bars: [bar] });
  }
  return rows.map(({ bars }) => bars);
}

const says = { succeeded: "succeeded", failed: "failed", retried: "failed, tried again" } as const;

function drawBar(bar: Bar, y: number, height: number, clock: Clock): Content {
  if (!isDrawn(bar)) return undefined;
  const { record, outcome, start, end, node, reason } = bar;
  const [from, to] = [clock.share(start), clock.share(end)];
  // However short an attempt was, it can be seen; and it stays inside.
  const width = Math.min(1, Math.max(to - from, 0.0015));
  const x = Math.min(from, 1 - width);
  const which = record.attempts.length > 1 ? `, attempt ${bar.number} of ${record.attempts.length}` : "";
  const why = outcome !== "succeeded" && reason ? `: ${shortened(reason, 200)}` : "";
  const title = `${record.name}${which}: ${says[outcome]}${why}\n${dateTime(start)} UTC, ${duration((end - start) / 1000)} on ${node}`;
  return html`<rect class="bar ${outcome}" x="${share(x)}" y="${y}" width="${share(width)}" height="${height}"
    ><title>${title}</title></rect
  >`;
}

export const share = (value: number): string => `${Math.round(value * 100_000) / 1000}%`;

/** e.g. for a screen reader */
export function describeTimeline({ nodes, totals }: Model): string {
  const busiest = nodes.reduce((most, node) => Math.max(most, node.busy), 0);
  const load = totals.makespan > 0 ? ` The busiest node worked ${percent(busiest / totals.makespan)} of the time.` : "";
  return `${plural(totals.attempts, "attempt")} on ${plural(nodes.length, "node")} within ${duration(totals.makespan)}.${load}`;
}
