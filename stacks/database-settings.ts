import * as z from "zod";
import { cronFault } from "../common/cron";
import { leastMemory } from "../components/database/faults";
import { clientNamespaces, cpu, managed, memory, volume } from "./server-settings";

const identifier = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_]{0,62}$/,
    "must start with a lower-case letter and have up to 63 lower-case letters, digits and '_', such as orders",
  );

const schedule = z.string().superRefine((text, context) => {
  const message = cronFault(text);
  if (message) context.addIssue({ code: "custom", message });
});

/** Settings of the database for programs in the cluster. */
export const database = z
  .strictObject({
    enabled: z.boolean().default(false).describe("run PostgreSQL for programs in the cluster"),
    kind: z
      .enum(["pod", "managed"])
      .default("pod")
      .describe(
        "`pod`: one pod on a volume, for small use; `managed`: OVHcloud's managed PostgreSQL. A change starts with an empty database",
      ),
    name: identifier.default("app").describe("name of the database"),
    user: identifier.default("app").describe("name of the user who owns the pod's database; the managed one has OVHcloud's `avnadmin`"),
    clientNamespaces: clientNamespaces("postgresql"),
    volume,
    cpu,
    memory: memory(leastMemory).default("512Mi").describe(`memory of the pod, at least ${leastMemory}; a quarter is for shared buffers`),
    maxConnections: z.int().min(10).max(1000).default(100).describe("most connections to the pod at a time; each takes up to 10 MB"),
    backup: z
      .strictObject({
        enabled: z.boolean().default(true).describe("dump the pod's database into the stack's bucket"),
        schedule: schedule.default("0 3 * * *").describe("when, as a cron expression in UTC"),
        keep: z.int().min(1).max(500).default(14).describe("number of backups that are kept"),
      })
      .prefault({})
      .describe("backups of the pod's database; the managed one has OVHcloud's"),
    managed: z
      .strictObject({
        ...managed,
        plan: z.enum(["essential", "business", "enterprise"]).default("essential").describe("OVHcloud's plan: one, two or three nodes"),
        version: z
          .string()
          .regex(/^\d{2}$/, "must be a major version such as 17, in quotes")
          .default("17")
          .describe("major version of PostgreSQL"),
      })
      .prefault({})
      .describe("the managed database"),
    protected: z.boolean().default(false).describe("refuse to delete the volume or the managed database"),
  })
  .prefault({})
  .describe("PostgreSQL for programs in the cluster");
