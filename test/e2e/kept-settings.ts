/** The local cloud remembers the settings that it was started with: a suite with settings of its own puts the others back. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { paths } from "../../local/lib/paths";

/** Notes the settings that the local cloud has. @returns puts them back */
export function keepSettings(): () => void {
  const before = existsSync(paths.settings) ? readFileSync(paths.settings, "utf8") : undefined;
  return () => {
    if (before === undefined) return rmSync(paths.settings, { force: true });
    mkdirSync(dirname(paths.settings), { recursive: true });
    writeFileSync(paths.settings, before);
  };
}
