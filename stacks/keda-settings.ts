import * as z from "zod";
import { kedaNamespace } from "../components/keda/pod";
import * as t from "./types";

/** Settings of KEDA. */
export const keda = z
  .strictObject({
    enabled: z.boolean().default(false).describe("have KEDA in the cluster, which starts Jobs by the length of a queue"),
    installation: z
      .enum(["install", "existing"])
      .default("install")
      .describe("`install`: the program installs it; `existing`: the cluster has one, which is used as it is. A cluster cannot have two"),
    namespaces: z
      .array(t.namespace.refine((name) => name !== kedaNamespace, `must not be ${kedaNamespace}, where KEDA itself runs`))
      .default([])
      .describe("further namespaces whose ScaledJobs it serves and whose Secrets it reads, which must exist; `batch` is always one"),
    scaledObjects: z
      .boolean()
      .default(false)
      .describe("serve ScaledObjects too, which scale Deployments and StatefulSets: with KEDA's metrics adapter and webhooks"),
  })
  .prefault({})
  .describe("KEDA, for Jobs that a queue starts");
