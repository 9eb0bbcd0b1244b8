import * as z from "zod";
import { bytesFault, isCpu } from "../common/quantity";

/** The kinds of values that settings are made of, each with the rule that a wrong value is told. */

const labelName = z
  .string()
  .regex(
    /^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "must be a Kubernetes label name such as team or example.com/team",
  );

const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "must be a Kubernetes label value: up to 63 letters, digits, '-', '_' and '.'",
  );

export const labels = z.record(labelName, labelValue);

export const taint = z.strictObject({
  key: labelName.describe("name of the taint"),
  value: labelValue.default("").describe("value of the taint"),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).describe("what happens to pods that do not tolerate it"),
});

export const cpu = z.string().refine(isCpu, "must be CPUs such as 500m or 2, in quotes");

/** Memory or disk space. */
export const bytes = z.string().superRefine((text, context) => {
  const message = bytesFault(text);
  if (message) context.addIssue({ code: "custom", message });
});

export const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a Kubernetes namespace: up to 63 lower-case letters, digits and '-'");

export const flavor = z.string().regex(/^[a-z0-9][a-z0-9.-]+$/, "must be a flavor name such as c2-15");

export const computeRegion = z.string().regex(/^[A-Z]{2}[A-Z0-9-]*$/, "must be a Public Cloud region such as GRA11");

export const storageRegion = z.string().regex(/^[A-Z]{2}[A-Z-]*$/, "must be an Object Storage region such as GRA");

export const projectId = z.string().regex(/^[0-9a-f]{32}$/, "must be the 32 hexadecimal digits of a Public Cloud project id");

export const kubernetesVersion = z.string().regex(/^1\.\d{2}$/, "must be a minor version such as 1.35, in quotes");

export const addressRange = z.union([z.cidrv4(), z.cidrv6()], "must be an address range such as 203.0.113.0/24");

export const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

export const httpsUrl = z.url({ protocol: /^https$/, error: "must be an https URL" });

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = z
  .string()
  .regex(
    /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must follow the S3 rules: 3 to 63 characters, only a-z, 0-9, '.' and '-', a letter or digit at both ends, no '..', not an IP address",
  );

export const objectPrefix = z.string().regex(/^([^/\s]+\/)+$/, "must be a key prefix that ends with '/', such as videos/");

export const imageRegistry = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.:_/-]*[a-z0-9]$/, "must be a registry and path without a tag, such as registry.example.com/batch");

export const imageTag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, "must be an image tag: up to 128 letters, digits, '_', '.' and '-'");
