/** Writes the tables of docs/ that come from schemas: `npm run docs`. A test fails while they are not up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parameterTables, queueTable } from "./docs/parameters";
import { configurationTable, settingsTable } from "./docs/settings";

/** Each page with what makes it new. */
export const pages: Readonly<Record<string, (current: string) => string>> = {
  "autoscaler.md": configurationTable,
  "batch-job.md": parameterTables,
  "configuration.md": settingsTable,
  "queue-jobs.md": queueTable,
};

export const pathOf = (page: string): string => join(__dirname, "..", "docs", page);

if (require.main === module) {
  for (const [page, render] of Object.entries(pages)) writeFileSync(pathOf(page), render(readFileSync(pathOf(page), "utf8")));
}
