/** The page. */
import { createHash } from "node:crypto";
import { dateTime, longDate, plural } from "../common/format";
import { type Content, Html, html } from "./html";
import { type Media } from "./media";
import { type Model } from "./model";
import { histogram, timePlots } from "./plots";
import { script } from "./script";
import { cost, failures, gallery, totals } from "./sections";
import { style } from "./style";
import { taskTable } from "./table";

/** What the page says about the Job itself. */
export interface Subject {
  readonly name: string;
  readonly image: string;
  readonly pool: string;
  readonly cpu: string;
  readonly memory: string;
  /** Bucket and key prefix of the results. */
  readonly bucket: string;
  readonly prefix: string;
}

export function render(subject: Subject, model: Model, media: Media, now: Date): string {
  const { name, image, pool, cpu, memory, bucket, prefix } = subject;
  const section = (id: string, title: string, content: Content) =>
    html`<section aria-labelledby="${id}">
      <h2 id="${id}">${title}</h2>
      ${content}
    </section> `;
  const hasMedia = media.pictures.length + media.left.length + media.gone.length > 0;
  const [failed, made] = [section("failures", "Failures", failures(model)), hasMedia && section("results", "Results", gallery(media))];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="mks-batch" />
        <title>${name}: batch report</title>
        <link rel="icon" href="data:," />
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <p class="kind">Batch report</p>
          <h1>${name}</h1>
          ${verdict(model)}
          <dl class="facts">
            <div>
              <dt>Ran</dt>
              <dd>${ran(model)}</dd>
            </div>
            <div>
              <dt>Image</dt>
              <dd><code>${image}</code></dd>
            </div>
            <div>
              <dt>Each task</dt>
              <dd>${cpu} CPU, ${memory} memory, pool ${pool}</dd>
            </div>
            <div>
              <dt>Results</dt>
              <dd><code>s3://${bucket}/${prefix}</code></dd>
            </div>
          </dl>
        </header>
        <main>
          <section aria-label="Totals">${totals(model)}</section>
          ${section("timeline-heading", "Timeline by node", timePlots(model))}${model.totals.failed > 0 && failed}${made}
          <div class="pair">${section("durations", "Durations", histogram(model.bars))}${section("cost", "Cost", cost(model))}</div>
          ${model.totals.failed === 0 && failed}${
            model.totals.tasks > 0 &&
            section(
              "tasks",
              "Tasks",
              html`<p id="controls" hidden>
                  <label>Filter <input type="search" id="filter" placeholder="name, status, node, reason" /></label>
                  <span id="shown" role="status"></span>
                </p>
                ${taskTable(model, prefix)}`,
            )
          }
        </main>
        <footer>
          <p>Made by <code>mks-batch</code> on ${dateTime(now.getTime())} UTC. This file needs no other file and no network.</p>
        </footer>
        ${model.totals.tasks > 0 && new Html(`<script>${script}</script>`)}
      </body>
    </html> `.text;
}

function verdict({ totals: { tasks, failed, unfinished } }: Model): Content {
  if (failed > 0)
    return html`<p class="verdict bad">
      <span aria-hidden="true">✕</span> ${plural(failed, "task")} failed${unfinished > 0 && `, ${plural(unfinished, "task")} not ended`}
    </p>`;
  if (unfinished > 0) return html`<p class="verdict open"><span aria-hidden="true">…</span> ${plural(unfinished, "task")} not ended</p>`;
  return tasks === 0
    ? html`<p class="verdict open">No tasks</p>`
    : html`<p class="verdict good"><span aria-hidden="true">✓</span> Complete</p>`;
}

function ran({ clock: { runs } }: Model): string {
  const [first, last] = [runs.at(0), runs.at(-1)];
  if (!first || !last) return "not yet";
  const [from, to] = [longDate(first.from), longDate(last.to)];
  const [day, time] = to.split(", ");
  return `${from} to ${from.startsWith(`${day},`) ? time : to} UTC`;
}

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The page loads nothing, and runs no script but its own: what the tasks' names and logs say cannot change that. */
const policy = `default-src 'none'; img-src data:; media-src data:; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;
