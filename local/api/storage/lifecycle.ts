import * as z from "zod";
import type { StoredObject, StoredUpload } from "../state/backends";
import type { LifecycleRule } from "../state/model";

const days = z.int().min(1);

/** Transitions are not supported: the local cloud has one storage class. */
export const lifecycleSchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        id: z.string().max(255).optional(),
        status: z.enum(["enabled", "disabled"]),
        filter: z
          .strictObject({
            prefix: z.string().optional(),
            objectSizeGreaterThan: z.int().min(0).optional(),
            objectSizeLessThan: z.int().min(1).optional(),
          })
          .optional(),
        expiration: z
          .strictObject({ days: days.optional(), date: z.string().optional(), expiredObjectDeleteMarker: z.boolean().optional() })
          .refine((value) => Object.keys(value).length === 1, "must have exactly one of days, date and expiredObjectDeleteMarker")
          .optional(),
        abortIncompleteMultipartUpload: z.strictObject({ daysAfterInitiation: days }).optional(),
        noncurrentVersionExpiration: z
          .strictObject({ noncurrentDays: days.optional(), newerNoncurrentVersions: z.int().min(1).optional() })
          .optional(),
      }),
    )
    .min(1)
    .max(1000),
});

const dayMs = 86_400_000;

/**
 * The objects that a bucket's rules let expire at the time `now`: current ones get a delete marker where the bucket has
 * versions (no version id in the answer), older versions and useless markers go for good.
 *
 * @param objects all versions; those of one key from the newest to the oldest
 */
export function expired(
  rules: readonly LifecycleRule[],
  objects: readonly StoredObject[],
  now: Date,
): { key: string; versionId?: string }[] {
  const versionsOf = new Map<string, StoredObject[]>();
  for (const object of objects) versionsOf.set(object.key, [...(versionsOf.get(object.key) ?? []), object]);
  const gone: { key: string; versionId?: string }[] = [];
  for (const rule of rules.filter(({ status }) => status === "enabled")) {
    for (const [key, versions] of versionsOf) {
      const { prefix = "", objectSizeGreaterThan = -1, objectSizeLessThan = Infinity } = rule.filter ?? {};
      const applies = (object: StoredObject): boolean =>
        key.startsWith(prefix) && (object.isDeleteMarker || (object.size > objectSizeGreaterThan && object.size < objectSizeLessThan));
      const [current, ...older] = versions;
      if (current && applies(current)) {
        const { days: age, date, expiredObjectDeleteMarker } = rule.expiration ?? {};
        const due =
          date !== undefined ? now >= new Date(date) : age !== undefined && now.getTime() - Date.parse(current.lastModified) >= age * dayMs;
        if (current.isDeleteMarker) {
          if (expiredObjectDeleteMarker && older.length === 0) gone.push({ key, versionId: current.versionId });
        } else if (due) gone.push({ key });
      }
      const { noncurrentDays, newerNoncurrentVersions = 0 } = rule.noncurrentVersionExpiration ?? {};
      if (noncurrentDays === undefined && newerNoncurrentVersions === 0) continue;
      versions.forEach((version, index) => {
        const successor = versions[index - 1];
        if (!successor || !applies(version) || index <= newerNoncurrentVersions) return;
        // A version is noncurrent from the moment that the next one was written.
        if (now.getTime() - Date.parse(successor.lastModified) >= (noncurrentDays ?? 0) * dayMs)
          gone.push({ key, versionId: version.versionId });
      });
    }
  }
  return gone;
}

/** The unfinished uploads that a bucket's rules give up at the time `now`. */
export function staleUploads(rules: readonly LifecycleRule[], uploads: readonly StoredUpload[], now: Date): StoredUpload[] {
  const enabled = rules.filter(({ status }) => status === "enabled");
  return uploads.filter(({ key, startedAt }) =>
    enabled.some(
      ({ abortIncompleteMultipartUpload: abort, filter }) =>
        abort && key.startsWith(filter?.prefix ?? "") && now.getTime() - Date.parse(startedAt) >= abort.daysAfterInitiation * dayMs,
    ),
  );
}
