/**
 * Progress as lines of text. Counts that change are shown after 5 s, and each time after twice as long, up to a minute; anything else that changes (what pods
 * wait for, a first failure, an API server that does not answer) after 5 s. What does not change is shown again after 9 s, and each time after twice as long, up to 5 minutes.
 */
import { plural, shortened, verb } from "../../common/text";
import { type Progress } from "./progress";

/** Milliseconds between two lines of progress, when something changed and when nothing did. */
const changed = { first: 5_000, last: 60_000 };
const unchanged = { first: 9_000, last: 300_000 };

export interface Reporter {
  /** Shows a line at once. */
  readonly say: (text: string) => void;
  readonly onProgress: (progress: Progress, note?: string, pace?: string) => void;
  /** No more lines after this. */
  readonly stop: () => void;
}

/**
 * @param name put before every line
 * @param write `isPassing`: the line is progress, which the next line supersedes
 */
export function createReporter(name: string, write: (line: string, isPassing: boolean) => void): Reporter {
  const start = Date.now();
  let current = { text: "working", kind: "" };
  let shown = { text: "", kind: "" };
  let shownAt = start;
  let pause = changed.first;
  let silence = unchanged.first;
  const show = (suffix: string, isPassing: boolean) => {
    shown = current;
    shownAt = Date.now();
    write(`${name}: ${current.text}${suffix}`, isPassing);
  };
  const timer = setInterval(() => {
    const age = Date.now() - shownAt;
    const isNews = current.kind !== shown.kind;
    if (current.text !== shown.text && age >= (isNews ? changed.first : pause)) {
      pause = isNews ? changed.first : Math.min(2 * pause, changed.last);
      silence = unchanged.first;
      show("", true);
    } else if (current.text === shown.text && age >= silence) {
      silence = Math.min(2 * silence, unchanged.last);
      show(` (${Math.round((Date.now() - start) / 1000)} s)`, true);
    }
  }, 1000);
  return {
    say(text) {
      current = { text, kind: current.kind };
      silence = unchanged.first;
      show("", false);
    },
    onProgress(progress, note, pace) {
      current = { text: progressLine(progress, [pace, note].filter(Boolean).join(", ")), kind: kindOf(progress, note) };
    },
    stop: () => clearInterval(timer),
  };
}

/** What of the progress is more than a count. That pods start is no news, unless one cannot. */
const kindOf = ({ failed, waiting }: Progress, note = ""): string => {
  const reasons = waiting.flatMap(({ kind, reason, message }) => (message ? [`${kind} ${reason}`] : []));
  return JSON.stringify([failed > 0, note, ...reasons.sort()]);
};

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
  return `${plural(pods, "pod")} ${verb(pods, "wait")} ${waitingFor[kind]}${why ? `: ${why}` : ""}`;
}
