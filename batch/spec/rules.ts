/** Schemas of single values, each with a message that tells the rule and the value. */
import * as z from "zod";
import { extendedResourceFault } from "../../common/extended-resources";
import { bytesFault, isPositive } from "../../common/quantity";
import { exportCommand } from "./environment";
import { placeholders, unknownPlaceholders } from "./pattern";

declare module "zod" {
  interface GlobalMeta {
    /** What the documentation calls the values, where the schema's type does not tell. */
    readonly value?: string;
    /** The command line's flags for a parameter, each with what its help says of it. */
    readonly flags?: Readonly<Record<string, string>>;
  }
}

/** A parameter with a flag of the command line. @param flag with its value, unless that is a choice @param help to which default and "repeatable" are added */
export const flag = <T extends z.ZodType>(flag: string, help: string, schema: T): T =>
  schema.meta({ ...schema.meta(), flags: { [flag]: help } });

/** Largest environment of one task, in bytes of shell text; two fit into a ConfigMap (1 MiB). */
const environmentLimit = 400 * 1024;

/** Largest variable or argument of a program, in bytes: Linux passes at most 128 KiB with name, `=` and a NUL (MAX_ARG_STRLEN). */
export const valueLimit = 127 * 1024;

/** Names that a shell refuses or that Kubernetes sets itself. */
const reservedNames = new Set(["JOB_COMPLETION_INDEX", "UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"]);

export const rule = (text: string) => ({
  error: ({ input }: { input?: unknown }) =>
    input === undefined ? `must be given: ${text}` : `must be ${text}, not ${JSON.stringify(input)}`,
});

export const text = z.string().min(1, "must not be empty");

const alphanumeric = "with a letter or digit at both ends";

export const dnsLabel = (longest: number) =>
  z
    .string()
    .max(longest, rule(`at most ${longest} characters long`))
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, rule(`lower-case letters, digits and '-', ${alphanumeric}`))
    .meta({ value: "name" });

/** Name of a Kubernetes object of a kind that allows dots. */
export const objectName = z
  .string()
  .max(253, rule("at most 253 characters long"))
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, rule(`lower-case letters, digits, '-' and '.', ${alphanumeric}`))
  .meta({ value: "name" });

export const httpUrl = (example: string) =>
  z.url({ protocol: /^https?$/, ...rule(`an http(s) URL such as ${example}`) }).meta({ value: "URL" });

export const quantity = (examples: string) =>
  z
    .string()
    .refine(isPositive, rule(`a positive Kubernetes quantity such as ${examples}`))
    .meta({ value: "quantity" });

/** Memory or disk space. */
export const bytes = z
  .string()
  .superRefine((text, context) => {
    const message = bytesFault(text);
    if (message) context.addIssue({ code: "custom", message });
  })
  .meta({ value: "quantity" });

export const count = (least: number, most: number) =>
  z
    .int(rule("a whole number"))
    .min(least, rule(`at least ${least}`))
    .max(most, rule(`at most ${most}`));

/** Whole numbers by the names of extended resources; those that have a parameter of their own are not among them. */
export const extendedResources = (most: number) =>
  z.record(z.string(), count(1, most)).superRefine((amounts, context) => {
    for (const name of Object.keys(amounts)) {
      const fault = name === "nvidia.com/gpu" ? "is asked for by 'gpu'" : extendedResourceFault(name);
      if (fault) context.addIssue({ code: "custom", path: [name], message: `the name ${fault}` });
    }
  });

/** An option of a few words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(
    words,
    rule(
      `${words
        .slice(0, -1)
        .map((word) => `'${word}'`)
        .join(", ")} or '${words.at(-1)}'`,
    ),
  );

/** Name of a label or annotation, e.g. `team` or `example.com/team`. */
const labelKey = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;
const labelKeyRule = `at most 63 letters, digits, '-', '_' and '.', ${alphanumeric}, and may have a domain and '/' in front`;
export const labelName = z.string().regex(labelKey, rule(labelKeyRule)).meta({ value: "label name" });

export const labelValue = z
  .string()
  .regex(/^(?:[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/, rule(`at most 63 letters, digits, '-', '_' and '.', ${alphanumeric}`));

/** What sets a label or an annotation that is not the user's to set. */
const taken: readonly (readonly [RegExp, string])[] = [
  [/^nodepool$/, "'pool'"],
  [/^(?:batch\.ovh-mks\/|app\.kubernetes\.io\/managed-by$|cluster-autoscaler\.kubernetes\.io\/)/, "the batch Job itself"],
  [/^(?:batch\.kubernetes\.io\/|job-name$|controller-uid$)/, "Kubernetes"],
];

/** Labels or annotations: names with values. */
export const metadata = <T extends z.ZodType<string>>(value: T) =>
  z.record(z.string(), value).superRefine((entries, context) => {
    for (const name of Object.keys(entries)) {
      const complain = (message: string) => context.addIssue({ code: "custom", path: [name], message });
      const [, owner] = taken.find(([pattern]) => pattern.test(name)) ?? [];
      if (!labelKey.test(name)) complain(`the name must be ${labelKeyRule}`);
      else if (owner) complain(`the name is set by ${owner}; choose another one`);
    }
  });

/** What is wrong with the name of a variable, if anything is. */
export function variableFault(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "the name must be letters, digits and '_', and must not begin with a digit";
  if (reservedNames.has(name)) return "the name is reserved by the shell or by Kubernetes; choose another one";
  return undefined;
}

/** What is wrong with the value of a variable, if anything is. */
export function valueFault(value: string): string | undefined {
  if (/\0|\p{Surrogate}/u.test(value)) return "the value must be text without NUL characters";
  if (Buffer.byteLength(value) > valueLimit) return `the value must be at most ${valueLimit / 1024} KiB; put larger data into the bucket`;
  return undefined;
}

export const environment = z.record(z.string(), z.string()).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    for (const message of [variableFault(name), valueFault(value)])
      if (message) context.addIssue({ code: "custom", path: [name], message });
  }
  if (Buffer.byteLength(exportCommand(values)) > environmentLimit) {
    context.addIssue({ code: "custom", message: `must be at most ${environmentLimit / 1024} KiB in all; put larger data into the bucket` });
  }
});

/** An environment whose values are templates for objects. */
export const templates = environment.superRefine((values, context) => {
  for (const [name, template] of Object.entries(values)) {
    for (const unknown of unknownPlaceholders(template)) {
      const known = Object.keys(placeholders).map((placeholder) => `{${placeholder}}`);
      context.addIssue({ code: "custom", path: [name], message: `{${unknown}} is no placeholder; there are ${known.join(", ")}` });
    }
  }
});
