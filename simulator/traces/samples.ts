import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "../../common/config-error";
import { parseTrace, type Trace } from "./trace";

/** Also where this is part of a bundle (load.cjs), which lies in another folder of the package. */
const folder = join(packageRoot(__dirname), "simulator", "traces");

function packageRoot(below: string): string {
  return existsSync(join(below, "package.json")) ? below : packageRoot(dirname(below));
}

/** Names of the traces that come with the program. */
export const sampleNames = (): string[] =>
  readdirSync(folder)
    .flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();

/** Reads a trace: a file, or a sample by its name. @throws {ConfigError} that names every fault */
export function loadTrace(nameOrFile: string): Trace {
  const sample = sampleNames().includes(nameOrFile);
  const file = sample ? join(folder, `${nameOrFile}.yaml`) : nameOrFile;
  if (!existsSync(file)) throw new ConfigError(`there is no trace ${nameOrFile}; give a file or one of: ${sampleNames().join(", ")}`);
  return parseTrace(readFileSync(file, "utf8"), nameOrFile);
}
