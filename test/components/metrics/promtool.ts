import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf } from "../../../components/metrics/prometheus";
import { paths } from "../../../local/lib/paths";
import { findCommand } from "../../../local/tools/search";
import { dashboards, expressionsOf } from "../../docs/expressions";

/** Debian has it in the package of Prometheus, which starts a daemon where it is installed: so it is taken out of the image. */
const member = "usr/bin/promtool";

/** What {@link checkRules} takes promtool from: PATH, or the newest image of Prometheus that was built here. @returns undefined where there is neither */
export function findPromtool(): { command: string } | { archive: string } | undefined {
  const command = findCommand("promtool");
  if (command) return { command };
  const folder = join(paths.cache, "images");
  const built = (): string[] => readdirSync(folder).filter((name) => /^prometheus-[0-9a-f]+\.tar$/.test(name));
  const [archive] = (statSync(folder, { throwIfNoEntry: false }) ? built() : [])
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return archive === undefined ? undefined : { archive };
}

/** Checks the rules and the expressions of the dashboards, and tries the rules on the series of alerts.yml. @returns what promtool printed @throws with that when it found a fault */
export function checkRules(from: { command: string } | { archive: string }): string {
  const folder = mkdtempSync(join(tmpdir(), "promtool-"));
  try {
    const promtool = "command" in from ? from.command : unpack(from.archive, folder);
    const settings = {
      scrapeIntervalSeconds: 15,
      autoscalerNamespace: "autoscaler",
      batchControllerNamespace: "batch-operator",
      kedaNamespace: "keda",
      karpenterNamespace: "karpenter",
    };
    writeFileSync(join(folder, "rules.yml"), filesOf(settings)["rules.yml"]);
    const panels = dashboards.flatMap(({ dashboard }) => expressionsOf(dashboard));
    const asRules = panels.map((expr, i) => ({ record: `panel:${i}`, expr: expr.replace(/\$__\w+/g, "5m") }));
    writeFileSync(join(folder, "panels.yml"), JSON.stringify({ groups: [{ name: "panels", rules: asRules }] }));
    copyFileSync(join(__dirname, "alerts.yml"), join(folder, "alerts.yml"));
    return [
      ["check", "rules", "rules.yml", "panels.yml"],
      ["test", "rules", "alerts.yml"],
    ]
      .map((args) => {
        const { status, stdout, stderr, error } = spawnSync(promtool, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });
        if (status === 0) return stdout + stderr;
        throw new Error(`promtool ${args.join(" ")}: ${error?.message ?? `exit status ${status}`}\n${stdout}${stderr}`);
      })
      .join("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From the layer of a docker-archive that has it. */
function unpack(archive: string, folder: string): string {
  const [{ Layers }] = JSON.parse(execFileSync("tar", ["-xOf", archive, "manifest.json"], { encoding: "utf8" })) as [{ Layers: string[] }];
  const script = 'tar -xOf "$1" "$2" | tar -x -C "$3" "$4"';
  const found = Layers.toReversed().some((layer) => spawnSync("sh", ["-c", script, "sh", archive, layer, folder, member]).status === 0);
  if (!found) throw new Error(`${archive} has no ${member}`);
  return join(folder, member);
}
