/** What a batch Job is made of. One schema for the Pulumi resource and the command line. */
import { z } from "zod";
import { exportCommand } from "./environment";
import { placeholders, unknownPlaceholders } from "./pattern";
import { parseQuantity } from "./quantity";

/** Largest environment of one task, in bytes of shell text; two fit into a ConfigMap (1 MiB). */
const environmentLimit = 400 * 1024;

/** Largest variable of a task, in bytes: Linux passes at most 128 KiB with name, `=` and a NUL to a program (MAX_ARG_STRLEN). */
const valueLimit = 127 * 1024;

/** Names that a shell refuses or that Kubernetes sets itself. */
const reservedNames = new Set(["JOB_COMPLETION_INDEX", "UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"]);

const rule = (text: string) => ({ error: (issue: { input?: unknown }) => `must be ${text}, not ${JSON.stringify(issue.input)}` });

const dnsLabel = (longest: number) =>
  z
    .string()
    .max(longest, rule(`at most ${longest} characters long`))
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, rule("lower-case letters, digits and '-', with a letter or digit at both ends"));

const quantity = (examples: string) =>
  z.string().refine((text) => (parseQuantity(text) ?? 0) > 0, rule(`a positive Kubernetes quantity such as ${examples}`));

const count = (least: number, most: number) =>
  z
    .int(rule("a whole number"))
    .min(least, rule(`at least ${least}`))
    .max(most, rule(`at most ${most}`));

const environment = z.record(z.string(), z.string()).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    const complain = (message: string) => context.addIssue({ code: "custom", path: [name], message });
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) complain(`the name must be letters, digits and '_', and must not begin with a digit`);
    if (reservedNames.has(name)) complain("the name is reserved by the shell or by Kubernetes; choose another one");
    if (/\0|\p{Surrogate}/u.test(value)) complain("the value must be text without NUL characters");
    if (Buffer.byteLength(value) > valueLimit)
      complain(`the value must be at most ${valueLimit / 1024} KiB; put larger data into the bucket`);
  }
  if (Buffer.byteLength(exportCommand(values)) > environmentLimit) {
    context.addIssue({ code: "custom", message: `must be at most ${environmentLimit / 1024} KiB in all; put larger data into the bucket` });
  }
});

const templates = environment.superRefine((values, context) => {
  for (const [name, template] of Object.entries(values)) {
    for (const unknown of unknownPlaceholders(template)) {
      const message = `{${unknown}} is no placeholder; there are ${Object.keys(placeholders)
        .map((p) => `{${p}}`)
        .join(", ")}`;
      context.addIssue({ code: "custom", path: [name], message });
    }
  }
});

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(["Equal", "Exists"]).optional(),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
});

const store = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, ...rule("an http(s) URL such as https://s3.gra.io.cloud.ovh.net") }),
  region: z.string().min(1),
  bucket: z.string().min(3),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});

/** Documented field by field in components/batch/args.ts. */
const fields = z.strictObject({
  name: dnsLabel(40),
  namespace: dnsLabel(63).default("batch"),
  image: z.string().regex(/^\S+$/, rule("an image reference such as registry/name:tag")),
  command: z.array(z.string()).min(1, rule("a program and its arguments")).optional(),
  shell: z.string().min(1, rule("a line for bash")).optional(),
  env: environment.default({}),
  envFrom: z.array(dnsLabel(253)).default([]),
  tasks: z
    .array(z.strictObject({ name: z.string().min(1).optional(), env: environment.default({}) }))
    .max(100_000)
    .optional(),
  tasksFrom: z.strictObject({ prefix: z.string(), pattern: z.string().min(1).default("**"), env: templates }).optional(),
  cpu: quantity("1 or 500m").default("1"),
  memory: quantity("512Mi or 2Gi").default("1Gi"),
  ephemeralStorage: quantity("1Gi").default("1Gi"),
  pool: dnsLabel(63).default("compute"),
  tolerations: z.array(toleration).default([]),
  parallelism: count(1, 100_000).optional(),
  retries: count(0, 100).default(3),
  finalExitCodes: z.array(count(1, 255)).max(255).default([]),
  maxFailedTasks: count(0, 100_000).optional(),
  taskDeadlineSeconds: count(1, 2 ** 31 - 1).optional(),
  deadlineSeconds: count(1, 2 ** 31 - 1).optional(),
  ttlSeconds: count(0, 2 ** 31 - 1).default(3600),
  serviceAccount: dnsLabel(253).optional(),
  runAsUser: count(1, 2 ** 31 - 1).optional(),
  labels: z.record(z.string(), z.string().max(63)).default({}),
  onFailure: z.enum(["fail", "report"], rule("'fail' or 'report'")).default("fail"),
  retryFailed: z.union([z.boolean(), z.string().min(1)], rule("true, false or a text")).default(false),
  store,
  resultsPrefix: z
    .string()
    .regex(/^([^/]+\/)+$/, rule("a key prefix that ends with '/', such as batch/thumbnails/"))
    .optional(),
});

/** Names of all parameters. */
export const parameterNames = Object.keys(fields.shape);

/** A rule between properties; told also when other properties are at fault. */
const between = (path: string, error: string) => ({
  path: [path],
  error,
  when: ({ value }: { value: unknown }) => value instanceof Object,
});

const parametersSchema = fields
  .refine(({ command, shell }) => !command || !shell, between("shell", "must not be given together with 'command'; keep one of them"))
  .refine(
    ({ command, shell }) => command ?? shell,
    between("command", "must be given (or 'shell'): it runs in the place of the image's entry point"),
  )
  .refine(({ tasks, tasksFrom }) => !tasks || !tasksFrom, between("tasksFrom", "must not be given together with 'tasks'; keep one of them"))
  .transform((values) => ({ ...values, resultsPrefix: values.resultsPrefix ?? `batch/${values.name}/` }));

export type Parameters = z.infer<typeof parametersSchema>;
export type ParametersInput = z.input<typeof parametersSchema>;
export type StoreSettings = Parameters["store"];

/** One thing that is wrong with the parameters. */
export interface Fault {
  /** e.g. `tasks[3].env.INPUT` */
  readonly property: string;
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** Checks parameters and fills the defaults in. Answers all faults at once. */
export function parseParameters(
  input: unknown,
): { parameters: Parameters; faults?: undefined } | { parameters?: undefined; faults: Fault[] } {
  const result = parametersSchema.safeParse(input);
  if (result.success) return { parameters: result.data };
  const fault = (path: readonly PropertyKey[], reason: string): Fault => ({ property: propertyPath(path), path, reason });
  return {
    faults: result.error.issues.flatMap(({ path, message, ...issue }) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => fault([...path, key], "is not known; check its spelling"))
        : [fault(path, message)],
    ),
  };
}

function propertyPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("");
}
