import { UserError } from "../lib/errors";
import { exec, ExecError } from "../lib/exec";
import { withLock } from "../lib/lock";
import { join } from "node:path";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { systemTools, type SystemTool, type SystemToolName } from "./catalog";
import { findCommand, findFolder } from "./search";

/** What this machine is, as far as installing packages goes. */
export interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly aptGet: string | undefined;
  /** The path of a system tool, or undefined when it is missing. */
  readonly find: (name: SystemToolName) => string | undefined;
}

export function thisMachine(): Machine {
  return { platform: process.platform, isRoot: process.getuid?.() === 0, aptGet: findCommand("apt-get"), find: findSystemTool };
}

/** The path of a system tool, or undefined when it is missing. */
export function findSystemTool(name: SystemToolName): string | undefined {
  const { folders }: SystemTool = systemTools[name];
  return folders ? findFolder(folders.candidates, folders.file) : findCommand(name);
}

/**
 * Installs the packages of the system tools that are missing.
 *
 * @throws {UserError} when this process may not, with the command that the user can run
 */
export async function installMissing(wanted: readonly SystemToolName[], progress: Progress, machine = thisMachine()): Promise<void> {
  if (wanted.length === 0) return;
  if (machine.platform !== "linux") {
    throw new UserError(
      `The local cloud runs containers and needs Linux; this is ${machine.platform}. Run it in a Linux machine (a virtual one will do), ` +
        "or deploy to OVHcloud with: pulumi up --stack dev",
    );
  }
  if (missingFrom(wanted, machine).length === 0) return;
  // Two calls at once, or two checkouts, must not run apt-get against each other.
  await withLock(join(paths.cache, ".packages.lock"), async () => {
    const missing = missingFrom(wanted, machine);
    if (missing.length === 0) return;
    const packages = [...new Set(missing.map((name) => systemTools[name].package))].sort();
    if (!machine.aptGet || !machine.isRoot) throw new UserError(advice(missing, packages, machine));
    await install(machine.aptGet, packages, progress);
    const still = missingFrom(wanted, machine);
    if (still.length > 0) throw new UserError(`${still.join(", ")}: still missing after the installation of ${packages.join(", ")}.`);
  });
}

const missingFrom = (wanted: readonly SystemToolName[], machine: Machine): SystemToolName[] => wanted.filter((name) => !machine.find(name));

function advice(missing: readonly SystemToolName[], packages: readonly string[], machine: Machine): string {
  const list = missing.map((name) => `  ${name} (Debian package ${systemTools[name].package})`).join("\n");
  const fix = machine.aptGet
    ? `Only root may install them. Run: sudo apt-get install --no-install-recommends ${packages.join(" ")}`
    : "There is no apt-get here: install them with your distribution's package manager.";
  return `The local cloud needs programs that this machine does not have:\n${list}\n${fix}`;
}

async function install(aptGet: string, packages: readonly string[], progress: Progress): Promise<void> {
  progress.say(`These Debian packages will be installed: ${packages.join(", ")}`);
  const apt = (...args: string[]) =>
    exec(aptGet, ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: 1_800_000,
    });
  const tryInstall = () => apt("install", "--yes", "--no-install-recommends", ...packages);
  try {
    await progress.step("Installing packages", async () => {
      // The package lists are fetched only when they are missing or name files that are gone.
      await tryInstall().catch(async () => {
        await apt("update");
        await tryInstall();
      });
    });
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
    throw new UserError(`apt-get could not install ${packages.join(", ")}:\n${error.stderr.trim().slice(-1500)}`);
  }
}
