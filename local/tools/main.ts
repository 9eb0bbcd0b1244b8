import { Command } from "commander";
import { main } from "../lib/errors";
import { createProgress } from "../lib/progress";
import { familyNames, systemToolNames, toolsOf, versionArgs, type ToolName } from "./catalog";
import { defaultTools, locateTools } from "./index";
import { formatVersion, versionOf } from "./version";

interface Options {
  readonly also?: readonly string[];
  readonly json?: boolean;
}

/** Prints the tools, where each comes from and its version; the ones that are missing are installed, downloaded or built. */
async function run(names: readonly string[], { also = [], json = false }: Options): Promise<void> {
  const known = [...familyNames.flatMap(toolsOf), ...systemToolNames];
  const unknown = [...names, ...also].filter((name) => !known.includes(name as ToolName));
  if (unknown.length > 0) program.error(`error: no such tool: ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  const progress = createProgress((line) => console.error(line));
  const wanted = [...(names.length > 0 ? names : defaultTools), ...also] as ToolName[];
  const found = await locateTools(progress, wanted);
  const rows = await Promise.all(found.map(async (tool) => ({ ...tool, version: await reportedVersion(tool.name, tool.path) })));
  if (json) console.log(JSON.stringify(rows, null, 2));
  else for (const row of rows) console.log([row.name.padEnd(24), row.version.padEnd(10), row.origin.padEnd(11), row.path].join(" "));
}

async function reportedVersion(name: ToolName, path: string): Promise<string> {
  const args = versionArgs(name);
  const version = args && (await versionOf(path, args));
  return version ? formatVersion(version) : "-";
}

const program = new Command("npx tsx local/tools/main.ts")
  .description("Finds the programs that the local cloud runs; what is missing is installed, downloaded or built.")
  .argument("[tool...]", "the tools that are wanted (default: all but the optional ones)")
  .option("--also <tool...>", "optional tools that are wanted beside the default ones")
  .option("--json", "print JSON")
  .action(run);

if (require.main === module) main(async () => void (await program.parseAsync()));
