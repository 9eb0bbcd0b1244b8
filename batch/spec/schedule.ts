/** Schemas of when a Job runs and what it costs. */
import * as z from "zod";
import { billings } from "../../common/billing";
import { cronFault, isTimeZone } from "../../common/cron";
import { oneOf, rule } from "./rules";

export const schedule = z.strictObject({
  cron: z.string().superRefine((text, context) => {
    const message = cronFault(text);
    if (message) context.addIssue({ code: "custom", message });
  }),
  timeZone: z.string().refine(isTimeZone, rule("a time zone such as Europe/Paris or Etc/UTC")).default("Etc/UTC"),
  concurrency: oneOf("forbid", "allow", "replace").default("forbid"),
});

export const prices = z.strictObject({
  catalog: z.url({ protocol: /^https?$/, ...rule("an http(s) URL such as https://eu.api.ovh.com/v1") }).optional(),
  subsidiary: z
    .string()
    .regex(/^[A-Z]{2,4}$/, rule("an OVHcloud subsidiary such as FR, DE or US"))
    .optional(),
  nodeHour: z.record(z.string(), z.number().nonnegative(rule("a price of 0 or more"))).optional(),
  billing: oneOf(...billings).optional(),
});
