/** Settings of the autoscaler that are the stack's and those of its own configuration file alike. */
import * as z from "zod";
import { billings } from "./billing";
import { extendedResourceFault } from "./extended-resources";

export const seconds = z.int().min(0).max(86_400);

/** OVHcloud's nodes take minutes: a shorter wait gives up nodes that boot, and orders others that are paid for too. */
const bootTimeout = seconds.min(
  300,
  "must be at least 300: nodes take minutes to boot, and one given up too early is paid for, as is the one ordered in its place",
);

/** Priority below which pods are placeholders, as the Kubernetes cluster-autoscaler has it. */
export const defaultCutoff = -10;

/** Whole numbers by the names of extended resources. */
export const extendedResources = z.record(z.string(), z.int().min(1)).superRefine((amounts, context) => {
  for (const name of Object.keys(amounts)) {
    const message = extendedResourceFault(name);
    if (message) context.addIssue({ code: "custom", path: [name], message });
  }
});

export const subsidiary = z.string().regex(/^[A-Z]{2,4}$/, "must be an OVHcloud subsidiary such as FR");

export const nodeHour = z
  .record(z.string(), z.number().min(0))
  .default({})
  .describe("price of a node's hour by flavor, in place of the list's");

export const autoscalerSettings = {
  scaleDownDelaySeconds: z
    .union([z.literal("auto"), seconds])
    .default("auto")
    .describe(
      "how long nodes must be idle before they are removed, in seconds; `auto`: about as long as a boot costs, more or less by what arrivals show",
    ),
  nodeBootTimeoutSeconds: bootTimeout
    .default(1200)
    .describe("after how long a node that is not Ready is given up and replaced, in seconds"),
  gpuNodeBootTimeoutSeconds: bootTimeout
    .default(5400)
    .describe("the same for flavors with GPUs, which take up to a bit more than an hour, in seconds"),
  billing: z
    .enum(billings)
    .optional()
    .describe(
      "how nodes are billed: by the second, or by the commenced clock hour, so that an idle one is kept until shortly before its hour ends; estimates and costs follow it. By default `hourly` in the US (endpoint or region), else `perSecond`",
    ),
  expendablePodsPriorityCutoff: z
    .int()
    .min(-2_147_483_648)
    .max(0)
    .default(defaultCutoff)
    .describe("pods of a lower priority are placeholders: they neither order nodes nor keep them"),
  extendedResources: z
    .record(z.string(), extendedResources)
    .default({})
    .describe("by pool: what each of its nodes offers that OVHcloud does not tell, e.g. `compute: {example.com/dongle: 1}`"),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info").describe("what the autoscaler logs"),
};

export const autoscalerSettingNames = Object.keys(autoscalerSettings) as (keyof AutoscalerSettings)[];

export type AutoscalerSettings = z.infer<z.ZodObject<typeof autoscalerSettings>>;
