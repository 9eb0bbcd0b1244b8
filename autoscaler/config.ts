import * as z from "zod";
import { autoscalerSettings, nodeHour, seconds, subsidiary } from "../common/autoscaler-settings";
import { type Billing, billingAt } from "../common/billing";
import { catalogUrl, endpoints } from "../common/endpoints";
import { signIns } from "../common/ovh/credentials";
import { ConfigError } from "../common/config-error";
import { catalogue } from "../common/flavors";
import { checkContent, readConfigFile } from "../service/config-file";
import { type OvhAccess } from "./cloud/ovh";
import { type Credentials } from "../common/ovh/sign-in";
import { type Rules } from "./state/rules";

const flavorSchema = z.strictObject({
  vCPUs: z.number().positive(),
  ram: z.number().positive().describe("GB"),
  disk: z.number().positive().describe("GB"),
  gpus: z.number().int().min(0).default(0),
});

export const configSchema = z.strictObject({
  leaseNamespace: z.string().min(1).default("autoscaler").describe("namespace of the Lease by which one of several replicas leads"),
  ...autoscalerSettings,
  billingMarginSeconds: seconds.max(3_600).default(120).describe("with `hourly`, how long before the full hour idle nodes are removed"),
  nodeUnreadyTimeoutSeconds: seconds
    .optional()
    .describe(
      "a node that is not Ready any more for this time is given up, and replaced; by default 10 minutes, after which OVHcloud mends it, and the time of a boot",
    ),
  maxNodes: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("most nodes that all pools may have together: those of the cluster's plan; by default each pool's own maximum alone counts"),
  batchMilliseconds: z.number().int().min(0).max(10_000).default(150).describe("how long changes are gathered before a decision"),
  resyncSeconds: seconds.min(1).default(30).describe("a decision is made at least this often"),
  httpPort: z.number().int().min(1).max(65_535).default(8080).describe("port of /healthz, /readyz and /metrics"),
  flavors: z.record(z.string(), flavorSchema).default({}).describe("flavors that the built-in catalogue lacks, or has wrong"),
  prices: z
    .strictObject({
      catalog: z
        .union([z.literal("none"), z.url({ protocol: /^https?$/ })])
        .default(endpoints["ovh-eu"]!)
        .describe("API of which the public catalogue is read; `none`: only `nodeHour` counts"),
      subsidiary: subsidiary.default("FR").describe("whose prices"),
      nodeHour,
      threeZones: z.boolean().default(false).describe("take the catalogue's prices of regions with three availability zones"),
    })
    .prefault({})
    .describe("by which the cheapest of several pools is chosen; without prices the smallest flavor that fits is"),
  ovh: z
    .strictObject({
      endpoint: z.string().default("ovh-eu").describe("ovh-eu, ovh-ca, ovh-us, or the base URL of the API"),
      serviceName: z.string().min(1).describe("the Public Cloud project's id"),
      kubeId: z.string().min(1).describe("the cluster's id"),
    })
    .optional()
    .describe(
      "removes idle nodes by name through the OVHcloud API; credentials: OVH_CLIENT_ID and OVH_CLIENT_SECRET, or OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY",
    ),
});

export type Config = z.infer<typeof configSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration file (YAML); without one the defaults hold. @throws {ConfigError} that names every fault */
export const readConfig = (file: string | undefined): Config => readConfigFile(configSchema, file);

/** @param name of what holds the configuration. @throws {ConfigError} that names every fault */
export const checkConfig = (content: unknown, name: string): Config => checkContent(configSchema, content, name);

/** Time for a bind that raced with a cordon to show, in milliseconds. */
const settle = 2_000;

const removalRetry = 60_000;

/** @param prices of a node's hour by flavor */
export function rulesOf(config: Config, prices: Rules["prices"] = config.prices.nodeHour): Rules {
  return {
    scaleDownDelay: config.scaleDownDelaySeconds === "auto" ? "auto" : config.scaleDownDelaySeconds * 1000,
    settle,
    bootTimeout: config.nodeBootTimeoutSeconds * 1000,
    gpuBootTimeout: config.gpuNodeBootTimeoutSeconds * 1000,
    removalRetry,
    namedRemoval: config.ovh !== undefined,
    flavors: { ...catalogue, ...config.flavors },
    ...(config.nodeUnreadyTimeoutSeconds !== undefined && { unreadyTimeout: config.nodeUnreadyTimeoutSeconds * 1000 }),
    ...(config.maxNodes !== undefined && { maxNodes: config.maxNodes }),
    extendedResources: config.extendedResources,
    billing: billingOf(config),
    billingMargin: config.billingMarginSeconds * 1000,
    prices,
  };
}

/** How nodes are billed; where it is not said, as the API bills by which they are removed or whose prices hold. */
function billingOf({ billing, ovh, prices: { catalog, subsidiary } }: Config): Billing {
  return billing ?? (subsidiary === "US" ? "hourly" : billingAt(ovh?.endpoint ?? catalog));
}

/** Where the prices are; undefined when they are not to be fetched. */
export function catalogueUrl({ prices: { catalog, subsidiary } }: Config): string | undefined {
  return catalog === "none" ? undefined : catalogUrl(catalog, subsidiary);
}

/** Access to the OVHcloud API, or undefined when it is not configured. @throws {ConfigError} when it is, but credentials lack */
export function ovhAccess(config: Config, environment: Environment): OvhAccess | undefined {
  if (!config.ovh) return undefined;
  const { endpoint, serviceName, kubeId } = config.ovh;
  const url = endpoints[endpoint] ?? endpoint;
  if (!/^https?:\/\//.test(url))
    throw new ConfigError(`ovh.endpoint (${endpoint}) must be one of ${Object.keys(endpoints).join(", ")}, or a URL.`);
  return { endpoint: url.replace(/\/$/, ""), serviceName, kubeId, ...credentialsIn(environment) };
}

function credentialsIn(environment: Environment): Credentials {
  const begun = Object.values(signIns).filter((names) => Object.values(names).some((name) => environment[name]));
  if (begun.length > 1)
    throw new ConfigError("the environment has both OVH_CLIENT_ID and OVH_APPLICATION_KEY: mount a service account or an application key.");
  const names = begun[0] ?? signIns.serviceAccount;
  const missing = Object.values(names).filter((name) => !environment[name]);
  if (missing.length > 0)
    throw new ConfigError(
      `\`ovh\` is configured, but the environment lacks ${missing.join(", ")}: mount them from a Secret, or leave \`ovh\` out.`,
    );
  return Object.fromEntries(Object.entries(names).map(([name, variable]) => [name, environment[variable]])) as unknown as Credentials;
}
