/** Schemas of when a Job runs and what it costs. */
import * as z from "zod";
import { billings } from "../../common/billing";
import { cronFault, isTimeZone } from "../../common/cron";
import { flag, httpUrl, oneOf, rule } from "./rules";

export const schedule = z.strictObject({
  /**
   * Minute, hour, day of the month, month, day of the week, e.g. `30 2 * * *`; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, `@every 90m`. Read as
   * Kubernetes reads it: a time that clocks show twice at the end of summer comes twice.
   */
  cron: flag(
    "--schedule <cron>",
    "runs at these times, e.g. '0 3 * * *'",
    z.string().superRefine((text, context) => {
      const message = cronFault(text);
      if (message) context.addIssue({ code: "custom", message });
    }),
  ),
  /** e.g. `Europe/Paris` @default `Etc/UTC` */
  timeZone: flag(
    "--time-zone <name>",
    "of the schedule",
    z.string().refine(isTimeZone, rule("a time zone such as Europe/Paris or Etc/UTC")).default("Etc/UTC"),
  ),
  /** If the last run has not ended: skip the new one, run both, or cancel the last one. @default `forbid` */
  concurrency: flag("--concurrency", "when the run before has not ended", oneOf("forbid", "allow", "replace").default("forbid")),
});

export const prices = z.strictObject({
  /** OVHcloud API with the public price list; no key is needed. @default that of `OVH_ENDPOINT`, else `https://eu.api.ovh.com/v1` */
  catalog: flag(
    "--price-catalog <url>",
    "URL of the OVHcloud API with the prices (default: by OVH_ENDPOINT)",
    httpUrl("https://eu.api.ovh.com/v1").optional(),
  ),
  /** Decides prices and currency. @default as the API's: `FR`, `CA`, `US` */
  subsidiary: flag(
    "--price-subsidiary <code>",
    "OVHcloud subsidiary whose prices count, e.g. FR (default: by OVH_ENDPOINT)",
    z
      .string()
      .regex(/^[A-Z]{2,4}$/, rule("an OVHcloud subsidiary such as FR, DE or US"))
      .optional(),
  ),
  /** Price of a node's hour by flavor, in place of the price list's. @default none */
  nodeHour: flag(
    "--node-hour <FLAVOR=PRICE>",
    "price of a node in place of the catalog's",
    z.record(z.string(), z.number().nonnegative(rule("a price of 0 or more"))).optional(),
  ),
  /** How nodes are billed: by the second, at least a minute, or by each clock hour that has begun. @default `"hourly"` in the US, by endpoint or subsidiary; else `"perSecond"` */
  billing: flag(
    "--billing",
    "how nodes are billed (default: as the stack says with --stack, else hourly in the US and perSecond elsewhere)",
    oneOf(...billings).optional(),
  ),
});
