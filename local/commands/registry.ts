/**
 * The work of those commands of `npm run local --` that is no other folder's.
 * Imports every folder of local/ but the demo; only local/cli.ts imports it.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { daemonStatus } from "../daemon/control";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { addresses } from "../sandbox/addresses";
import { loadSettings } from "../lib/settings";
import { ensureTools } from "../tools";
import { type Account, Registry } from "../registry";
import { buildAndPush } from "./push";

/** Starts the registry of this checkout's local cloud unless it runs. @throws {UserError} when the local cloud does not run */
export async function startRegistry(progress: Progress): Promise<{ address: string; account: Account }> {
  if (!(await daemonStatus()).running) throw new UserError("The local cloud does not run. Start it with: npm run local -- up");
  const { registry: binary } = await ensureTools(progress, ["registry"]);
  const { host } = addresses(loadSettings(paths.settings));
  const registry = new Registry({ binary, folder: paths.registry, logFile: join(paths.logs, "registry.log"), host });
  return { address: registry.address, account: await registry.start() };
}

/** Builds and pushes an image. @param name e.g. `simulation:1.4` @returns its reference @throws {UserError} for a wrong folder or name */
export async function pushImage(folder: string, name: string, progress: Progress): Promise<string> {
  const context = resolve(folder);
  if (!existsSync(join(context, "Dockerfile"))) throw new UserError(`folder: there is no Dockerfile in ${context}`);
  if (!/^[a-z0-9]+([._/-][a-z0-9]+)*(:[\w][\w.-]{0,127})?$/.test(name))
    throw new UserError(
      `name: ${JSON.stringify(name)} must be a name of lower-case letters, digits and . _ / - with an optional tag, e.g. simulation:1.4`,
    );
  const { address, account } = await startRegistry(progress);
  const tools = await ensureTools(progress, ["buildah", "mmdebstrap", "debianKeyrings", "setpriv", "unshare"]);
  const reference = `${address}/${name}`;
  await buildAndPush(context, reference, account, tools, progress);
  return reference;
}

/** How a registry is used, with the commands for copying. The password is shown: it guards nothing but this machine's own images. */
export function registryHelp(address: string, { username, password }: Account): string {
  return `The registry runs at ${address} (plain HTTP), user ${username}, password ${password}.

Build an image and push it:
  npm run local -- registry push FOLDER NAME:TAG
or, with another builder:
  podman push --tls-verify=false --creds ${username}:${password} IMAGE ${address}/NAME:TAG

Let pods pull it, with a pull secret that is named to mks-batch submit by --image-pull-secret sh-k8s-registry-secret (with --k8s-image it is the default):
  npm run local -- exec -- kubectl create secret docker-registry sh-k8s-registry-secret --namespace batch \\
    --docker-server=${address} --docker-username=${username} --docker-password=${password}`;
}
