/** Progress as lines of text: at most one in 5 s while numbers change; while they do not, after 9 s, and then each time after twice as long. */
import { plural, shortened } from "../common/text";
import { type Progress } from "./progress";

/** Milliseconds between two lines of progress, when something changed and when nothing did. */
const shortest = 5_000;
const longest = { first: 9_000, last: 300_000 };

export interface Reporter {
  /** Shows a line at once. */
  readonly say: (text: string) => void;
  readonly onProgress: (progress: Progress, note?: string) => void;
  /** No more lines after this. */
  readonly stop: () => void;
}

/** @param name put before every line */
export function createReporter(name: string, write: (line: string) => void): Reporter {
  const start = Date.now();
  let current = "working";
  let shown = "";
  let shownAt = start;
  let silence = longest.first;
  const show = (text: string) => {
    shown = text;
    shownAt = Date.now();
    silence = longest.first;
    write(`${name}: ${text}`);
  };
  const timer = setInterval(() => {
    const age = Date.now() - shownAt;
    if (current !== shown && age >= shortest) show(current);
    else if (age >= silence) {
      shownAt = Date.now();
      silence = Math.min(2 * silence, longest.last);
      write(`${name}: ${current} (${Math.round((shownAt - start) / 1000)} s)`);
    }
  }, 1000);
  return {
    say(text) {
      current = text;
      show(text);
    },
    onProgress(progress, note) {
      current = progressLine(progress, note);
    },
    stop: () => clearInterval(timer),
  };
}

const waitingFor = {
  creation: "to be created",
  node: "for a node",
  image: "for the image",
  container: "for their container",
  start: "to start",
} as const;

/** e.g. "3 of 9 tasks done (1 failed), 2 running, 4 pods wait for a node: 0/1 nodes are available" */
export function progressLine({ total, succeeded, failed, running, waiting }: Progress, note?: string): string {
  const parts = [`${succeeded + failed} of ${plural(total, "task")} done${failed > 0 ? ` (${failed} failed)` : ""}`];
  if (running > 0) parts.push(`${running} running`);
  parts.push(...waiting.map((one) => describeWaiting(one)));
  if (note) parts.push(note);
  return parts.join(", ");
}

/** e.g. "4 pods wait for a node: 0/1 nodes are available", or "1 pod waits to start: FailedMount: … is not a directory" */
export function describeWaiting({ pods, kind, reason, message }: Progress["waiting"][number], longest?: number): string {
  const why = shortened(kind === "start" && message ? `${reason}: ${message}` : message, longest);
  return `${plural(pods, "pod")} ${pods === 1 ? "waits" : "wait"} ${waitingFor[kind]}${why ? `: ${why}` : ""}`;
}
