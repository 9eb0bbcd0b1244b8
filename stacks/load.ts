import * as pulumi from "@pulumi/pulumi";
import { type Settings, settingsSchema } from "./config";
import { type Credentials, readCredentials } from "./credentials";
import { describeFaults } from "./faults";
import { type ConfigSource, stackSource } from "./source";

/** Pulumi's configuration namespace of this program. */
const namespace = "ovh-mks-batch:";

export interface StackConfig {
  readonly settings: Settings;
  readonly credentials: Credentials;
  /** Of the OVHcloud provider: ovh-eu, ovh-ca, ovh-us or a URL. Where an ovh.conf tells it, which the provider alone reads, the one that the region belongs to. */
  readonly endpoint: string;
}

/** `{…}` is what Pulumi makes of a structured value; a text that only looks like one is left for the schema to refuse. */
function parseValue(text: string): unknown {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** OVHcloud US is apart, with versions, prices and billing of its own; accounts of Europe have regions everywhere else. */
const endpointOf = (region: string): string => (/^US-/i.test(region) ? "ovh-us" : "ovh-eu");

/**
 * Reads the configuration of the stack.
 *
 * @throws {pulumi.RunError} which lists every fault at once; nothing has been created by then
 */
export function loadConfig(source: ConfigSource = stackSource()): StackConfig {
  const raw: Record<string, unknown> = { serviceName: source.env.OVH_CLOUD_PROJECT_SERVICE };
  for (const [key, value] of Object.entries(source.config)) {
    if (key.startsWith(namespace)) raw[key.slice(namespace.length)] = parseValue(value);
  }
  const parsed = settingsSchema.safeParse(raw, { reportInput: true });
  const faults = parsed.success ? [] : describeFaults(parsed.error.issues, (key) => source.secretKeys.includes(namespace + key));
  const { credentials, faults: missing } = readCredentials(source);
  if (parsed.success && missing.length === 0) {
    const endpoint = credentials.endpoint || source.env.OVH_ENDPOINT || endpointOf(parsed.data.region);
    return { settings: parsed.data, credentials, endpoint };
  }
  throw new pulumi.RunError(
    [
      `The configuration of stack ${pulumi.getStack()} is not valid; nothing was changed:`,
      ...[...faults, ...missing].map((fault) => `  - ${fault}`),
      "Set a value with `pulumi config set --path 'ovh-mks-batch:<setting>' <value>`; docs/configuration.md lists all settings.",
      "The credentials of the local cloud: `npm run local -- env`.",
    ].join("\n"),
  );
}
