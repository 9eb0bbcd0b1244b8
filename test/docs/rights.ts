import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AccessRule } from "../../local/api/state/model";

const text = readFileSync(join(__dirname, "..", "..", "docs", "deploy.md"), "utf8");

/** The rights in the table of a step of docs/deploy.md, for a project and a cluster. */
export function rightsOf(step: string, projectId: string, clusterId = "*"): AccessRule[] {
  const section = text.split(/^## /m).find((part) => part.split("\n")[0]?.includes(step)) ?? "";
  return [...section.matchAll(/^\| (GET|POST|PUT|DELETE) \| `(\/\S*(?: \S+)*)` \|$/gm)].map(([, method = "", path = ""]) => ({
    method,
    path: path.replaceAll("<project id>", projectId).replaceAll("<cluster id>", clusterId),
  }));
}
