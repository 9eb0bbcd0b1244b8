/** The plots over the time axis, which they share, and the histogram. */
import { type Bar } from "./bars";
import { type Clock } from "./clock";
import { duration, longDate, number, plural } from "../common/format";
import { type Histogram, histogramOf } from "./histogram";
import { type Content, html } from "./html";
import { type Model } from "./model";
import { nodeSeries, runningSeries, type Series, waitingSeries } from "./series";
import { describeTimeline, share, timeline } from "./timeline";

/** Most starts of runs that are marked. */
const mostCuts = 40;

export function timePlots(model: Model): Content {
  const { clock } = model;
  if (clock.runs.length === 0) return html`<p class="quiet">No attempt has been recorded yet.</p>`;
  const lanes = timeline(model);
  const from = clock.runs[0]!.from;
  const runs =
    clock.runs.length > 1
      ? `, in ${plural(clock.runs.length, "run")}; the time between them is left out${clock.cuts.length <= mostCuts ? ", and dashed lines show where" : ""}`
      : "";
  return html`<figure class="time">
    <figcaption>
      <p>
        Time runs from ${longDate(from)} UTC over ${duration(clock.total)}${runs}.${lanes.detailed && " Point at a bar to see its task."}
      </p>
      ${lanes.notes.map((note) => html`<p>${note}</p>`)}${legend(lanes.detailed)}
    </figcaption>
    <svg class="labels" height="${lanes.height}" aria-hidden="true">${lanes.labels}</svg>
    <svg class="plot" id="timeline" height="${lanes.height}" role="img" aria-label="${describeTimeline(model)}">
      ${hatch}${lanes.lanes}${cuts(clock)}
    </svg>
    ${axis(clock)} ${panel("Nodes", nodeSeries(model), clock)} ${panel("Running", runningSeries(model), clock)}
    ${panel("Waiting", waitingSeries(model), clock)} ${axis(clock)}
  </figure>`;
}

/** Marks failures so that they can be distinguished without colour. */
const hatch = html`<defs
  ><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"
    ><rect class="hatch-ground" width="5" height="5" /><rect class="hatch-line" width="2" height="5" /></pattern
></defs>`;

function legend(detailed: boolean): Content {
  const entry = (outcome: string, text: string) =>
    html`<li>
      <svg width="26" height="12" aria-hidden="true"><rect class="bar ${outcome}" x="1" y="1" width="24" height="10" /></svg>${text}
    </li>`;
  return (
    detailed &&
    html`<ul class="legend">
      ${entry("succeeded", "succeeded")}${entry("failed", "failed")}${entry("retried", "failed, tried again")}
    </ul>`
  );
}

const cuts = ({ cuts }: Clock): Content =>
  cuts.length <= mostCuts && cuts.map((at) => html`<line class="cut" x1="${share(at)}" x2="${share(at)}" y1="0" y2="100%" />`);

function axis(clock: Clock): Content {
  const labels = clock.ticks.map((seconds) => {
    const at = clock.total > 0 ? seconds / clock.total : 0;
    const anchor = anchorOf(at);
    return html`<line x1="${share(at)}" x2="${share(at)}" y2="4" /><text x="${share(at)}" y="18" text-anchor="${anchor}"
        >${seconds === 0 ? "0" : duration(seconds)}</text
      >`;
  });
  return html`<svg class="plot axis" height="24" aria-hidden="true">
    <line x2="100%" y1="0.5" y2="0.5" />
    ${labels}
  </svg>`;
}

function panel(name: string, { points, peak, mean }: Series, clock: Clock): Content {
  const height = 56;
  const y = (value: number) => (peak > 0 ? Math.round((1 - value / peak) * (height - 2) * 10) / 10 + 1 : height - 1);
  const x = (at: number) => Math.round(at * 10_000) / 10;
  const steps = points.map(({ at, value }) => `H${x(at)}V${y(value)}`).join("");
  const description = `${name} over time: ${number(peak)} at most, ${number(mean, mean < 10 ? 1 : 0)} on average`;
  return html`<div class="panel-name">
      <b>${name}</b><span>peak ${number(peak)}</span><span>mean ${number(mean, mean < 10 ? 1 : 0)}</span>
    </div>
    <svg class="plot panel" height="${height}" role="img" aria-label="${description}">
      <title>${description}</title>
      <svg width="100%" height="${height}" viewBox="0 0 1000 ${height}" preserveAspectRatio="none">
        <path class="area" d="M0 ${height}${steps}V${height}z" />
        <path class="line" d="M0 ${height - 1}${steps}" /></svg
      >${cuts(clock)}
    </svg>`;
}

export function histogram(bars: readonly Bar[]): Content {
  const found = histogramOf(bars);
  if (!found) return html`<p class="quiet">No task has been timed yet.</p>`;
  const { bins, median, p95, longest } = found;
  const seconds = (longest.end! - longest.start!) / 1000;
  return html`<figure class="histogram">
    <figcaption>
      Half of the tasks took at most <b>${duration(median)}</b>, 95 % at most <b>${duration(p95)}</b>. The longest was
      ${longest.record.name} with <b>${duration(seconds)}</b>. Only each task's last attempt counts.
    </figcaption>
    <svg class="plot" height="140" role="img" aria-label="How many tasks took how long">${columns(found)}</svg>
    <svg class="plot axis" height="24" aria-hidden="true">
      <line x2="100%" y1="0.5" y2="0.5" />
      ${edges(bins)}
    </svg>
  </figure>`;
}

function columns({ bins }: Histogram): Content {
  const [height, top] = [140, 18];
  const most = Math.max(...bins.map(({ succeeded, failed }) => succeeded + failed));
  const tall = (count: number) => Math.round((count / most) * (height - top) * 10) / 10;
  return bins.map(({ from, to, succeeded, failed }, i) => {
    const all = succeeded + failed;
    const range = to === Infinity ? `${duration(from)} or longer` : `${duration(from)} to ${duration(to)}`;
    const title = `${range}: ${plural(all, "task")}${failed > 0 ? `, of which ${number(failed)} failed` : ""}`;
    const place = (y: number, tall: number) =>
      html`x="${share((i + 0.06) / bins.length)}" width="${share(0.88 / bins.length)}" y="${y}" height="${tall}"`;
    const upper = height - tall(all);
    return (
      all > 0 &&
      html`<g
        ><title>${title}</title
        ><rect
          class="bar succeeded"
          ${place(height - tall(succeeded), tall(succeeded))}
        />${failed > 0 && html`<rect class="bar failed" ${place(upper, tall(failed))} />`}${
          all === most &&
          html`<text x="${share((i + 0.5) / bins.length)}" y="${upper - 5}" text-anchor="${anchorOf((i + 0.5) / bins.length)}"
            >${number(all)}</text
          >`
        }</g
      >`
    );
  });
}

const anchorOf = (at: number): string => (at < 0.1 ? "start" : at > 0.88 ? "end" : "middle");

function edges(bins: Histogram["bins"]): Content {
  const every = Math.max(1, Math.ceil(bins.length / 4));
  return bins.map(({ from }, i) => {
    const at = i / bins.length;
    return (
      i % every === 0 &&
      html`<line x1="${share(at)}" x2="${share(at)}" y2="4" /><text x="${share(at)}" y="18" text-anchor="${anchorOf(at)}"
          >${duration(from)}</text
        >`
    );
  });
}
