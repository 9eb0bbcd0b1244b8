import { messageOf } from "../../protocol/process";
import type { Call } from "../../protocol/provider";
import type { Context } from "../cluster/discovery";

/** What a refresh and a destroy do about a cluster that is not there, as the official plugin. */
export interface Reach {
  /**
   * Whether the cluster can be asked for a resource. It is asked once in the life of the plugin: without its API, or with a
   * kubeconfig that is refused, it is unreachable.
   * @returns false when it is unreachable and what is on it counts as deleted, which the user is told
   * @throws when it is unreachable otherwise
   */
  isThere(call: Call): Promise<boolean>;
}

const variable = "PULUMI_K8S_DELETE_UNREACHABLE";

/** How long one try may take, in milliseconds: there are several, and a destroy waits for them. */
const timeout = 5_000;

/** @param deleteUnreachable the provider's setting, before which the variable of the environment steps back */
export function createReach(context: () => Promise<Context>, deleteUnreachable: boolean | undefined): Reach {
  let asked: Promise<string | undefined> | undefined;
  const countsAsDeleted = deleteUnreachable ?? process.env[variable] === "true";
  return {
    async isThere(call) {
      const reason = await (asked ??= reasonOf(context));
      if (reason === undefined) return true;
      if (!countsAsDeleted) {
        throw new Error(
          `${reason}\nIf the cluster was deleted, set ${variable}=true and run it again: what is on it counts as deleted then.`,
        );
      }
      call.log("warning", reason);
      call.log("info", "the cluster counts as deleted, and this resource with it: it leaves the state");
      return false;
    },
  };
}

/** Why a cluster is unreachable; undefined when it is not. */
async function reasonOf(context: () => Promise<Context>): Promise<string | undefined> {
  try {
    const { cluster } = await context();
    await cluster.get("/api/v1", {}, { timeout });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
