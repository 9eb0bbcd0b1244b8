/** Gives each of jest's workers a local cloud of its own, before anything reads where it is. A folder that the environment names stays. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { lanes } from "./lanes";

if (process.env.MKS_BATCH_LOCAL === undefined) {
  const { folder, settings } = lanes[Number(process.env.JEST_WORKER_ID) - 1]!;
  process.env.MKS_BATCH_LOCAL = folder;
  const work = resolve(__dirname, "..", "..", folder);
  if (!existsSync(join(work, "settings.json"))) {
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, "settings.json"), JSON.stringify(settings));
  }
}
