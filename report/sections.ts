/** The page's sections that are text: totals, failures, cost, and what the tasks produced. */
import { printable } from "../common/printable";
import { type TaskRecord } from "../batch/records";
import { readableBytes } from "../common/quantity";
import { money, noun, verb } from "../common/text";
import { bytes, duration, number, percent, plural } from "../common/format";
import { type Content, html } from "./html";
import { type Media, type Picture } from "./media";
import { type Model } from "./model";

/** How much of a log is shown, in characters of its end. */
const logTail = 4000;

/** How many names of outputs are listed. */
const mostListed = 500;

export function totals({ totals, cost, nodes }: Model): Content {
  const tile = (name: string, value: Content, detail?: Content) =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}${detail && html`<small>${detail}</small>`}</dd>
    </div>`;
  const { perHour, makespan } = totals;
  const rate =
    perHour === undefined
      ? undefined
      : perHour >= 120
        ? `${plural(perHour / 60, "task", { decimals: perHour < 600 ? 1 : 0 })} a minute`
        : `${plural(perHour, "task", { decimals: perHour < 10 ? 1 : 0 })} an hour`;
  return html`<dl class="totals">
    ${tile("Tasks", number(totals.tasks), totals.unfinished > 0 && `${number(totals.unfinished)} not ended`)}
    ${tile("Succeeded", number(totals.succeeded), totals.skipped > 0 && `${number(totals.skipped)} ended in earlier runs`)}
    ${tile("Failed", number(totals.failed))} ${tile("Retries", number(totals.retries), `${plural(totals.attempts, "attempt")} in all`)}
    ${tile("Makespan", duration(makespan), rate)}
    ${tile("Task time", duration(totals.taskSeconds), makespan > 0 && `${plural(totals.taskSeconds / makespan, "task", { decimals: 1 })} at a time`)}
    ${tile("Node-hours", number(cost.nodeHours, 2), plural(nodes.length, "node"))}
    ${cost.amount !== undefined && tile("Cost", money(cost.amount, cost.currency), "without tax")}
  </dl>`;
}

export function failures({ failures: { groups, otherTasks, retried, otherRetried } }: Model): Content {
  if (groups.length === 0 && retried.length === 0) return html`<p class="quiet">No attempt failed.</p>`;
  return html`${groups.map(
    ({ reason, count, tasks }) =>
      html`<section class="failure">
        <h3>${reason}</h3>
        <p>${plural(count, "task")}${count > tasks.length && `; the first ${tasks.length} are shown`}</p>
        ${tasks.map(failedTask)}
      </section>`,
  )}
  ${otherTasks > 0 && html`<p>${plural(otherTasks, "further task")} failed for other reasons; the table of tasks has them.</p>`}
  ${
    retried.length > 0 &&
    html`<table class="retried">
      <caption>
        Attempts that failed and were tried again
      </caption>
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col" class="n">Attempts</th>
        </tr>
      </thead>
      <tbody>
        ${retried.map(
          ({ reason, count }) =>
            html`<tr>
              <td>${reason}</td>
              <td class="n">${number(count)}</td>
            </tr>`,
        )}
        ${
          otherRetried > 0 &&
          html`<tr>
            <td>Other reasons</td>
            <td class="n">${number(otherRetried)}</td>
          </tr>`
        }
      </tbody>
    </table>`
  }`;
}

function failedTask({ name, attempts, logKey, memory, outOfMemory }: TaskRecord): Content {
  const last = attempts.at(-1);
  const key = last?.logKey ?? logKey;
  const facts = [
    plural(attempts.length, "attempt"),
    last?.node && `on ${last.node}`,
    last?.exitCode !== undefined && `exit code ${last.exitCode}`,
    outOfMemory && memory && `out of its ${readableBytes(memory)} of memory`,
  ];
  const log = last?.log === undefined ? undefined : plainLog(last.log);
  return html`<details open>
    <summary><b>${name}</b> <span>${facts.filter(Boolean).join(", ")}</span></summary>
    ${log ? html`<pre tabindex="0" role="group" aria-label="End of the log of ${name}">${log}</pre>` : html`<p class="quiet">It left no log.</p>`}${key && html`<p class="quiet">Whole log: <code>${key}</code></p>`}
  </details>`;
}

/** The end of a log as a terminal would leave it. */
function plainLog(log: string): string {
  const plain = printable(log).trimEnd();
  return plain.length > logTail ? `…${plain.slice(-logTail)}` : plain;
}

export function cost({ cost, totals, nodes }: Model): Content {
  const { nodeHours, amount, currency, billing, idle } = cost;
  const ended = totals.succeeded + totals.failed;
  const line = (name: string, value: Content, detail?: Content) =>
    html`<tr>
      <th scope="row">${name}</th>
      <td class="n">${value}</td>
      <td>${detail}</td>
    </tr>`;
  return html`<table class="cost">
    <caption>
      ${
        billing === "perSecond"
          ? "OVHcloud bills these nodes by the second. Counted is the time in which these tasks ran on a node, at least a minute"
          : "OVHcloud bills each commenced clock hour of a node. Counted are the hours in which these tasks ran on it"
      },
      not the time in which it waited for work.
    </caption>
    <tbody>
      ${line("Node-hours", number(nodeHours, 2), `of ${plural(nodes.length, "node")}`)}
      ${amount === undefined ? line("Amount", "–", "no price is known") : line("Amount", money(amount, currency), "without tax")}
      ${amount !== undefined && ended > 0 && line("Per ended task", money(amount / ended, currency))}
      ${idle !== undefined && line("Idle", percent(idle), "of the billed time no task of this Job ran on the node")}
    </tbody>
  </table>`;
}

export function gallery({ pictures, left, gone }: Media): Content {
  return html`${pictures.length > 0 && html`<div class="gallery">${pictures.map(figure)}</div>`}${listed(
    left,
    `${plural(left.length, "further image or video", { things: "further images or videos" })} would make this page too large; ${noun(left.length, "it is", "they are")} in the bucket`,
  )}${listed(gone, `${plural(gone.length, "image or video", { things: "images or videos" })} ${verb(gone.length, "are")} no longer in the bucket`)}`;
}

function figure({ task, output, video, uri }: Picture): Content {
  const file = output.key.slice(output.key.lastIndexOf("/") + 1);
  const label = `${file} of task ${task}`;
  return html`<figure>
    ${
      video
        ? html`<video src="${uri}" aria-label="${label}" muted loop playsinline controls preload="metadata"></video>`
        : html`<img src="${uri}" alt="${label}" />`
    }
    <figcaption><b>${task}</b><span>${file}, ${bytes(output.bytes)}</span></figcaption>
  </figure>`;
}

function listed(outputs: readonly { readonly key: string; readonly bytes: number }[], summary: string): Content {
  const more = outputs.length - mostListed;
  return (
    outputs.length > 0 &&
    html`<details>
      <summary>${summary}</summary>
      <ul class="outputs">
        ${outputs.slice(0, mostListed).map(({ key, bytes: size }) => html`<li><code>${key}</code> ${bytes(size)}</li>`)}${
          more > 0 && html`<li>and ${number(more)} more</li>`
        }
      </ul>
    </details>`
  );
}
