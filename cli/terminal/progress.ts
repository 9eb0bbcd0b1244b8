/** How far a Job is, as text. Pure. */
import { describeWaiting, type Progress } from "../../batch";
import { plural } from "../../common/text";
import { duration } from "../../common/format";

/** How long the past is that speed is measured over, in milliseconds. */
const memory = 5 * 60_000;

/** Measures how fast tasks end. */
export class SpeedMeter {
  private readonly samples: { at: number; done: number }[] = [];

  /** @param at milliseconds @param done tasks that had ended by then */
  add(at: number, done: number): void {
    this.samples.push({ at, done });
    while (this.samples.length > 2 && this.samples[1]!.at <= at - memory) this.samples.shift();
  }

  /** Tasks a minute; undefined until it has seen a task end. */
  get perMinute(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last.done <= first.done || last.at <= first.at) return undefined;
    return ((last.done - first.done) * 60_000) / (last.at - first.at);
  }
}

/** Tasks a minute, from the times at which tasks ended, all in milliseconds; undefined when none ended lately. */
export function speedOf(ends: readonly number[], start: number, now: number): number | undefined {
  const from = Math.max(start, now - memory);
  const recent = ends.filter((end) => end >= from).length;
  return recent > 0 && now > from ? (recent * 60_000) / (now - from) : undefined;
}

/** Seconds until all tasks have ended at that speed. */
export const secondsLeft = ({ total, succeeded, failed }: Progress, perMinute: number | undefined): number | undefined =>
  perMinute ? Math.ceil(((total - succeeded - failed) / perMinute) * 60) : undefined;

/** e.g. `12/min, done in about 9 min`; empty while nothing is known. Where all that is left waits, past speed does not tell when it ends. */
export function pace(progress: Progress, perMinute: number | undefined): string {
  const left = secondsLeft(progress, perMinute);
  if (perMinute === undefined || left === undefined || left === 0) return "";
  const rate = perMinute >= 10 ? Math.round(perMinute) : perMinute >= 1 ? Number(perMinute.toFixed(1)) : undefined;
  const speed = rate === undefined ? `${Number((perMinute * 60).toFixed(1))}/h` : `${rate}/min`;
  const allWait = progress.running === 0 && progress.waiting.length > 0;
  return allWait ? speed : `${speed}, done in about ${duration(Math.max(10, left))}`;
}

/** e.g. `[##########----------]  50 %`; a bar is full only when all is done. */
export function bar({ total, succeeded, failed }: Progress, width = 30): string {
  const share = total > 0 ? (succeeded + failed) / total : 1;
  const filled = Math.floor(share * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** The whole picture: a line with the bar, then what pods wait for. @param longest characters of a reason to wait */
export function picture(progress: Progress, perMinute: number | undefined, note?: string, longest?: number): string[] {
  const { total, succeeded, failed, running, waiting } = progress;
  const line = [
    `${bar(progress)}  ${succeeded + failed}/${plural(total, "task")}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(running > 0 ? [`${running} running`] : []),
    pace(progress, perMinute),
  ];
  const pending = waiting.map((one) => `  ${describeWaiting(one, longest)}`);
  return [line.filter(Boolean).join(", "), ...pending, ...(note ? [`  ${note}`] : [])];
}
