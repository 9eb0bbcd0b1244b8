import * as z from "zod";
import { provisioners } from "../common/provisioner";
import { disruptionReasons } from "../components/karpenter/node-pool/args";
import { apiAccess } from "./api-access";
import { dedicatedEffect } from "./pools";
import * as t from "./types";

const whole = (least: number) => z.int().min(least);

const budget = z.strictObject({
  nodes: z.string().describe('most nodes that are removed at a time, in quotes: a number or a share such as "10%"'),
  reasons: z
    .array(z.enum(disruptionReasons))
    .min(1)
    .optional()
    .describe("for which reasons: Empty, Underutilized, Drifted; by default for all"),
  schedule: z.string().optional().describe("when it begins to hold, as a cron expression in UTC; by default it always holds"),
  durationMinutes: whole(1).optional().describe("how long it holds each time, in minutes"),
});

export const karpenterNodePool = z
  .strictObject({
    flavors: z.array(t.flavor).min(1).optional().describe("flavors to choose from; by default all that the region offers"),
    families: z
      .array(z.string().regex(/^[a-z]+\d*$/, "must be a family of flavors such as b3"))
      .min(1)
      .optional()
      .describe("families of flavors to choose from, such as b3; by default all"),
    size: z
      .strictObject({
        minCpu: whole(1).optional().describe("fewest vCPUs"),
        maxCpu: whole(1).optional().describe("most vCPUs"),
        minMemoryGb: whole(1).optional().describe("least memory, in GB"),
        maxMemoryGb: whole(1).optional().describe("most memory, in GB"),
      })
      .optional()
      .describe("bounds of a flavor's size"),
    zones: z.array(z.string().min(1)).min(1).optional().describe("zones to choose from; by default all of the region"),
    limits: z
      .strictObject({
        cpu: t.cpu.optional().describe("most CPUs of all nodes together"),
        memory: t.bytes.optional().describe("most memory of all nodes together"),
        nodes: whole(1).optional().describe("most nodes"),
      })
      .optional()
      .describe("what the pool may come to; by default the plan's limit of nodes alone counts"),
    weight: z.int().min(1).max(100).optional().describe("of several pools that a pod fits, the one with the highest weight is asked first"),
    disruption: z
      .strictObject({
        consolidationPolicy: z
          .enum(["WhenEmpty", "WhenEmptyOrUnderutilized"])
          .default("WhenEmptyOrUnderutilized")
          .describe("which nodes go: those without pods, or also those whose pods have room elsewhere or on a cheaper node"),
        consolidateAfterSeconds: z
          .union([z.literal("never"), whole(0).max(86_400)])
          .optional()
          .describe(
            "how long no pod must have come or gone before a node may go, in seconds; by default 60, and never for nodes billed by the month",
          ),
        budgets: z.array(budget).max(50).optional().describe("how many nodes go at a time; by default a tenth"),
      })
      .prefault({})
      .describe("how nodes are removed and replaced"),
    expireAfterHours: whole(1).optional().describe("age at which a node is replaced, in hours; by default never"),
    terminationGracePeriodSeconds: whole(0)
      .optional()
      .describe(
        "how long pods of a node that goes get at most, in seconds, also those that must not be disrupted; by default as long as they need",
      ),
    monthlyBilled: z.boolean().default(false).describe("bill the nodes by month: only flavors of generation 2, which `flavors` must name"),
    antiAffinity: z.boolean().default(false).describe("each node on another hypervisor"),
    labels: t.labels.default({}).describe("labels of the nodes, in addition to those of OVHcloud and Karpenter"),
    dedicated: dedicatedEffect("NoSchedule"),
    taints: z.array(t.taint).default([]).describe("further taints of the nodes; batch Jobs that name the pool tolerate them"),
  })
  .describe("a node pool of Karpenter, by its name");

/** Settings of Karpenter. */
export const karpenter = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "run Karpenter, which orders nodes of the flavors that waiting pods fit best; the node autoscaler leaves its pods and pools alone",
      ),
    replicas: z.int().min(1).max(3).default(1).describe("number of pods; one of them leads"),
    image: z
      .string()
      .regex(/^\S+:\S+$/, "must be an image reference with a tag")
      .optional()
      .describe("image of Karpenter's provider, e.g. the public provider's; by default `karpenter` of `images.registry`"),
    logLevel: z.enum(["debug", "info", "error"]).default("info").describe("what Karpenter logs"),
    api: apiAccess("read the cluster and create, edit and delete node pools", "make the calls of docs/karpenter.md")
      .optional()
      .describe("access to the OVHcloud API, which Karpenter needs"),
    nodePools: z.record(z.string(), karpenterNodePool).default({}).describe("node pools that Karpenter orders nodes for, by name"),
    provisioner: z
      .enum(provisioners)
      .default("autoscaler")
      .describe("who orders nodes for batch Jobs that do not say it: those of the stack, and those of `mks-batch submit`"),
  })
  .prefault({})
  .describe("Karpenter, which chooses the flavors of nodes by the pods that wait");
