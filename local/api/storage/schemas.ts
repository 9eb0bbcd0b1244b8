import { isIP } from "node:net";
import * as z from "zod";

const bucketName = z
  .string()
  .min(3, "must have at least 3 characters")
  .max(63, "must have at most 63 characters")
  .regex(/^[a-z0-9.-]*$/, "must consist of lower case letters, digits, '-' and '.'")
  .regex(/^[a-z0-9](.*[a-z0-9])?$/, "must start and end with a letter or digit")
  .refine((name) => !name.includes("..") && isIP(name) === 0, "must not have two dots in a row nor be an IP address");

const changeable = {
  encryption: z.strictObject({ sseAlgorithm: z.enum(["AES256", "plaintext"]) }).optional(),
  versioning: z.strictObject({ status: z.enum(["enabled", "disabled", "suspended"]) }).optional(),
  objectLock: z
    .strictObject({
      status: z.enum(["enabled", "disabled"]),
      rule: z
        .strictObject({
          mode: z.enum(["compliance", "governance"]),
          period: z.string().regex(/^P[1-9]\d*[DY]$/, "must be like P30D or P1Y"),
        })
        .optional(),
    })
    .optional(),
  tags: z.record(z.string(), z.string()).optional(),
  replication: z.object({ rules: z.array(z.unknown()).optional() }).optional(),
};
export const createBucketSchema = z.strictObject({ name: bucketName, ownerId: z.int().min(0).optional(), ...changeable });
export const updateBucketSchema = z.strictObject(changeable);
export const bulkDeleteSchema = z.strictObject({
  objects: z.array(z.strictObject({ key: z.string(), versionId: z.string().optional() })).max(1000),
});
