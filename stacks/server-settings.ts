import * as z from "zod";
import { atLeast, bytesFault } from "../common/quantity";
import * as t from "./types";

/** What the settings of PostgreSQL and of Kafka have in common: each is one pod on a volume, or OVHcloud's managed service. */

/** @param secret name of the Secret with which they connect */
export const clientNamespaces = (secret: string) =>
  z
    .array(t.namespace)
    .min(1)
    .default(["batch"])
    .describe(`namespaces, which must be there, whose pods connect; each gets the Secret \`${secret}\``);

export const volume = z
  .strictObject({
    size: t.bytes.default("10Gi").describe("size of the volume; it can grow later, and not shrink"),
    className: z
      .string()
      .min(1)
      .optional()
      .describe("storage class; by default the cluster's own. It counts when the volume is made: a later change does nothing"),
  })
  .prefault({})
  .describe("volume of the pod");

export const cpu = t.cpu.default("250m").describe("CPUs that are reserved for the pod");

/** @param least with which it runs */
export const memory = (least: string) =>
  t.bytes.refine((memory) => bytesFault(memory) !== undefined || atLeast(memory, least), `must be at least ${least}`);

/** Of the managed service, beside plan and version. */
export const managed = {
  region: t.storageRegion.optional().describe("region of the nodes, such as GRA; by default the one beside the compute region"),
  flavor: t.flavor.default("db1-4").describe("flavor of the nodes"),
  ipRestrictions: z
    .array(t.addressRange)
    .default([])
    .describe("address ranges that may connect, those of the cluster's nodes among them; the gateway of `network` is added"),
};
