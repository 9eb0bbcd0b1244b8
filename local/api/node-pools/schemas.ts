import * as z from "zod";
import { nonEmpty } from "../request/validate";

/** The bodies of the requests on node pools. What depends on state (flavor, plan) is checked by the services. */

const count = z.int().min(0);

const templateSchema = z.strictObject({
  metadata: z.strictObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    finalizers: z.array(z.string()),
  }),
  spec: z.strictObject({
    taints: z.array(
      z.strictObject({ key: nonEmpty, value: z.string().optional(), effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]) }),
    ),
    unschedulable: z.boolean(),
  }),
});

const autoscaling = z.strictObject({
  scaleDownUnneededTimeSeconds: count.optional(),
  scaleDownUnreadyTimeSeconds: count.optional(),
  scaleDownUtilizationThreshold: z.number().min(0).max(1).optional(),
});

const changeable = {
  desiredNodes: count.optional(),
  minNodes: count.optional(),
  maxNodes: count.optional(),
  autoscale: z.boolean().optional(),
  autoscaling: autoscaling.optional(),
  template: templateSchema.optional(),
  attachFloatingIps: z.strictObject({ enabled: z.boolean() }).optional(),
};

/** Longest pool name for which `<pool>-node-<6 hex>` is a host name. */
const maxPoolName = 63 - "-node-123456".length;

export const createPoolSchema = z.strictObject({
  flavorName: nonEmpty,
  name: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
      "must consist of lower case letters, digits and '-', and start and end with a letter or digit",
    )
    .max(maxPoolName, `must have at most ${maxPoolName} characters`)
    .optional(),
  monthlyBilled: z.boolean().default(false),
  antiAffinity: z.boolean().default(false),
  availabilityZones: z.array(nonEmpty).optional(),
  ...changeable,
});

export const updatePoolSchema = z.strictObject({
  ...changeable,
  nodesToRemove: z.array(nonEmpty).optional(),
  // May be repeated, not changed.
  name: z.string().optional(),
  flavor: z.string().optional(),
  flavorName: z.string().optional(),
  antiAffinity: z.boolean().optional(),
  availabilityZones: z.array(z.string()).optional(),
  monthlyBilled: z.boolean().optional(),
});
