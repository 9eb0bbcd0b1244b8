import * as z from "zod";
import { credentialSets } from "../common/ovh/credentials";
import * as t from "./types";

const text = z.string().min(1).optional();

/** Access of a program in the cluster to the OVHcloud API. @param rights what its account may do, e.g. `read node pools` @param keyRights the same, as calls */
export const apiAccess = (rights: string, keyRights: string) =>
  z.strictObject({
    endpoint: z
      .union([z.enum(["ovh-eu", "ovh-ca", "ovh-us"]), t.httpUrl], "must be ovh-eu, ovh-ca, ovh-us or a URL")
      .default("ovh-eu")
      .describe("API endpoint, reachable from pods"),
    clientId: text.describe(`id of a service account (OAuth2) that may ${rights} only; or set an application key`),
    clientSecret: text.describe("its secret; set it with --secret"),
    applicationKey: text.describe(`application key, of a token that may ${keyRights} only`),
    applicationSecret: text.describe("its application secret; set it with --secret"),
    consumerKey: text.describe("its consumer key; set it with --secret"),
  });

/**
 * How one signs in to the OVHcloud API: as a service account or with an application key, one of the two and whole.
 * @param path of the setting @param api its value; anything may be wrong in it
 */
export function checkAccess(
  path: readonly string[],
  api: Readonly<Record<string, unknown>>,
  fault: (path: readonly string[], input: unknown, rule: string) => void,
): void {
  const begun = credentialSets.filter((names) => names.some((name) => api[name] !== undefined));
  const ways = "clientId and clientSecret, or applicationKey, applicationSecret and consumerKey";
  if (begun.length > 1) return fault(path, undefined, `must have ${ways}, not both`);
  if (begun.length === 0) return fault(path, undefined, `must have ${ways}`);
  for (const name of begun[0]!) {
    if (api[name] === undefined)
      fault([...path, name], undefined, `must be set with ${begun[0]!.find((other) => api[other] !== undefined)}`);
  }
}
