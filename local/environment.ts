import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { refreshKubeconfig } from "./daemon/kubeconfig";
import { runningDaemon } from "./daemon/record";
import { UserError } from "./lib/errors";
import { paths } from "./lib/paths";
import type { Progress } from "./lib/progress";
import { ensurePlugins } from "./plugins/install";
import { ensureTools } from "./tools";

/** What the daemon writes for the clients of the local cloud (`.local/credentials.json`, readable by its owner only). */
interface Credentials {
  readonly endpoint: string;
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
  readonly serviceName: string;
}

/**
 * The environment in which `pulumi` and `kubectl` work on the local cloud: Pulumi's home, state and passphrase under
 * `.local/`, and the OVHcloud credentials under the names that the official provider reads.
 *
 * @throws {UserError} when the local cloud has never been started
 */
export async function localEnvironment(progress: Progress): Promise<NodeJS.ProcessEnv & { PULUMI_HOME: string; PATH: string }> {
  if (!existsSync(paths.credentials)) {
    throw new UserError("The local cloud has not been started. Start it with: npm run local -- up");
  }
  const credentials = JSON.parse(readFileSync(paths.credentials, "utf8")) as Credentials;
  const tools = await ensureTools(progress, ["pulumi", "kubectl"]);
  // The last `up` may have made another cluster. An API that does not answer says nothing of it.
  if (runningDaemon()?.ready) await refreshKubeconfig(paths.kubeconfig).catch(() => undefined);
  const plugins = await ensurePlugins(progress, { pulumiBinary: tools.pulumi });
  return {
    ...process.env,
    ...plugins.env,
    PULUMI_HOME: plugins.pulumiHome,
    PULUMI_OPTION_CONFIG_FILE: paths.stackConfig,
    PATH: [join(paths.root, "bin"), plugins.binDir, dirname(tools.kubectl), process.env.PATH].join(delimiter),
    KUBECONFIG: paths.kubeconfig,
    OVH_ENDPOINT: credentials.endpoint,
    OVH_APPLICATION_KEY: credentials.applicationKey,
    OVH_APPLICATION_SECRET: credentials.applicationSecret,
    OVH_CONSUMER_KEY: credentials.consumerKey,
    // The provider signs in one way only, so those of the user's account must not be in the way.
    OVH_CLIENT_ID: "",
    OVH_CLIENT_SECRET: "",
    OVH_ACCESS_TOKEN: "",
    OVH_CLOUD_PROJECT_SERVICE: credentials.serviceName,
  };
}
