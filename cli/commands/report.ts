import { type Register } from "../connection/context";
import { actualCost, billingOf, createPool, loadRecords, plural, readSummary } from "../../batch";
import { verb } from "../../common/text";
import { settled } from "./recorded";
import { writeReport } from "../report";
import { bytes } from "../terminal/format";

export function registerReport(register: Register): void {
  register<{ output?: string }>(
    "report",
    "write a page about a Job: totals, timeline, failures, cost, pictures",
    async (context, { output }, [name = ""]) => {
      const { parameters } = await context.job(name);
      const clients = await context.clients();
      const { rows } = await settled(parameters, clients);
      const records = await loadRecords(clients.store, parameters.resultsPrefix);
      const recorded = new Set(records.map(({ fingerprint }) => fingerprint));
      const unfinished = rows.filter(({ fingerprint }) => !recorded.has(fingerprint)).map(({ name }) => name);
      const now = new Date(context.world.now());
      const summary = await readSummary(clients.store, parameters.resultsPrefix);
      // The price at the time of the run, as `cost` has it.
      const price = summary?.price ?? (await createPool(clients.cluster, parameters).priced()).price;
      const billing = billingOf(parameters.prices);
      const cost = actualCost([...records.flatMap(({ attempts }) => attempts), ...(summary?.stopped ?? [])], { price, billing }, now);
      const report = await writeReport({
        parameters,
        records,
        unfinished,
        cost,
        store: clients.store,
        file: output ?? `${name}.html`,
        now,
      });
      const { embedded, leftOut } = report;
      context.print({ name, ...report, tasks: rows.length }, () =>
        [
          `wrote ${report.file} (${plural(rows.length, "task")}, ${bytes(report.bytes)}, ${plural(embedded, "image or video", "images or videos")})`,
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
