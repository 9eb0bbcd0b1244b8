/** Progress on the terminal: drawn in place where that is possible, else as lines. Always on stderr: stdout is for results. */
import { createReporter, type Progress } from "../../batch";
import { printable, printableLine } from "../../common/printable";
import { shortened } from "../../common/text";
import { SpeedMeter, pace, picture } from "./progress";
import { type World } from "./world";

export interface Display {
  /** Shows a line that stays. */
  readonly say: (text: string) => void;
  readonly onProgress: (progress: Progress, note?: string) => void;
  /** Nothing is drawn after this. */
  readonly stop: () => void;
}

/** A line that is no longer than the terminal is wide. */
const indented = (line: string, width: number): string => {
  const [indent = ""] = /^ */.exec(line) ?? [];
  return indent + shortened(line, width - indent.length);
};

const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : "");
const clearBelow = "\r\x1b[J";

/** @param name of the Job, put before lines */
export function createDisplay(name: string, world: Pick<World, "stderr" | "now">): Display {
  const { stderr, now } = world;
  const meter = new SpeedMeter();
  const measure = ({ succeeded, failed }: Progress) => {
    meter.add(now(), succeeded + failed);
    return meter.perMinute;
  };
  if (!stderr.isTTY) {
    const reporter = createReporter(name, (line) => stderr.write(`${printable(line)}\n`));
    return {
      ...reporter,
      onProgress: (progress, note) => reporter.onProgress(progress, note, pace(progress, measure(progress))),
    };
  }
  let drawn: string[] = [];
  const draw = (lines: string[]) => {
    // A line that the terminal breaks would be two, and a later drawing would not reach it.
    const width = (stderr.columns || 80) - 1;
    const before = up(drawn.length);
    drawn = lines.map((line) => indented(printableLine(line), width));
    stderr.write(`${before}${clearBelow}${drawn.map((line) => `${line}\n`).join("")}`);
  };
  return {
    say(text) {
      const lines = drawn;
      draw([]);
      stderr.write(`${name}: ${printable(text)}\n`);
      draw(lines);
    },
    onProgress: (progress, note) => draw(picture(progress, measure(progress), note)),
    stop: () => undefined,
  };
}
