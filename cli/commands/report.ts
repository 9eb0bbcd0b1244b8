import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { type Context, type Register } from "../connection/context";
import { collect, messageOf, plural } from "../../batch";
import { bytes } from "../../common/format";
import { verb } from "../../common/text";
import { renderKnown, renderReport, type Report } from "../../report";
import { usageError } from "../terminal/errors";
import { settledQueue } from "./recorded";

export function registerReport(register: Register): void {
  register<{ output?: string }>(
    "report",
    "write a page about a Job: totals, timeline, failures, cost, pictures",
    async (context, { output }, [name = ""]) => {
      const { content, tasks, embedded, leftOut } = await render(context, name);
      const file = output ?? `${name}.html`;
      await replaceFile(file, content);
      context.print({ name, file, bytes: content.length, embedded, leftOut, tasks }, () =>
        [
          `wrote ${file} (${plural(tasks, "task")}, ${bytes(content.length)}, ${plural(embedded, "image or video", "images or videos")})`,
          ...(leftOut > 0
            ? [
                `left out: ${plural(leftOut, "image or video", "images or videos")} that ${verb(leftOut, "are")} gone, or would make the page too large`,
              ]
            : []),
        ].join("\n"),
      );
    },
  )
    .argument("<name>", "Job")
    .option("-o, --output <file.html>", "file to write (default: <name>.html)");
}

/** Of a Job, or of the runs of a queue that are kept. What has ended since the last command belongs to it. */
async function render(context: Context, name: string): Promise<Report> {
  const clients = await context.clients();
  const now = new Date(context.world.now());
  const queue = await context.queue(name);
  if (queue) {
    const { rows, records } = await settledQueue(queue, clients);
    const store = await context.connection.storeSettings();
    return renderKnown({ ...queue.settings, store }, () => Promise.resolve({ tasks: rows, records }), { ...clients, now });
  }
  const { parameters } = await context.job(name);
  await collect(parameters, clients);
  return renderReport(parameters, { ...clients, now });
}

/** Writes a file that is complete when it appears under its name; what was there before is replaced. @throws {CliError} */
async function replaceFile(file: string, content: Buffer): Promise<void> {
  const partial = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    await writeFile(partial, content, { flag: "wx" });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw usageError([`cannot write the report to ${file}: ${messageOf(error)}`]);
  }
}
