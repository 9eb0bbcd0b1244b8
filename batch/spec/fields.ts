import * as z from "zod";
import { nodeRequirement, secretEnvironment, toleration, volumes } from "./pod";
import {
  bytes,
  count,
  dnsLabel,
  environment,
  extendedResources,
  labelValue,
  metadata,
  objectName,
  oneOf,
  quantity,
  rule,
  templates,
  text,
  valueLimit,
} from "./rules";
import { prices, schedule } from "./schedule";

/** Most tasks of one Job: what Kubernetes allows of an Indexed one. */
export const mostTasks = 100_000;

/** Most bytes of annotations; Kubernetes allows 256 KiB. */
const annotationLimit = 64 * 1024;

const seconds = (least: number) => count(least, 2 ** 31 - 1);

/** What goes into a program's arguments. */
const isShort = (text: string): boolean => Buffer.byteLength(text) <= valueLimit;
const shortRule = `must be at most ${valueLimit / 1024} KiB in all`;

const values = z.array(z.string()).min(1, "must have at least one value");

const store = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, ...rule("an http(s) URL such as https://s3.gra.io.cloud.ovh.net") }),
  region: text,
  bucket: text,
  accessKeyId: text,
  secretAccessKey: text,
});

/** All parameters with their defaults. Documented one by one in docs/batch-job.md and components/batch/args.ts. */
export const fields = z.strictObject({
  name: dnsLabel(40),
  namespace: dnsLabel(63).default("batch"),
  image: z.string().regex(/^\S+$/, rule("an image reference such as registry/name:tag")),
  command: z
    .array(z.string())
    .min(1, rule("a program and its arguments"))
    .refine((all) => isShort(all.join("")), shortRule)
    .optional(),
  shell: z.string().min(1, rule("a line for bash")).refine(isShort, shortRule).optional(),
  env: environment.default({}),
  envFrom: z.array(objectName).default([]),
  secretEnv: secretEnvironment.default({}),
  tasks: z
    .array(z.strictObject({ name: text.optional(), env: environment.default({}) }))
    .max(mostTasks, `must be at most ${mostTasks} tasks; make several Jobs of them`)
    .optional(),
  matrix: z.record(z.string(), values).optional(),
  tasksFrom: z.strictObject({ prefix: z.string(), pattern: text.default("**"), env: templates }).optional(),
  cpu: quantity("1 or 500m").default("1"),
  memory: bytes.default("1Gi"),
  ephemeralStorage: bytes.default("1Gi"),
  gpu: count(0, 64).default(0),
  extendedResources: extendedResources(1_000_000).default({}),
  pool: dnsLabel(63).default("compute"),
  nodeAffinity: z.array(nodeRequirement).default([]),
  tolerations: z.array(toleration).default([]),
  priorityClass: objectName.optional(),
  parallelism: count(1, mostTasks).optional(),
  minAvailable: count(1, mostTasks).optional(),
  retries: count(0, 100).default(3),
  finalExitCodes: z.array(count(1, 255)).max(255).default([]),
  maxFailedTasks: count(0, mostTasks).optional(),
  outOfMemory: z
    .strictObject({
      factor: z.number(rule("a number")).gt(1, rule("larger than 1")).max(10, rule("at most 10")).default(2),
      maxMemory: bytes,
    })
    .optional(),
  taskDeadlineSeconds: seconds(1).optional(),
  deadlineSeconds: seconds(1).optional(),
  startDeadlineSeconds: seconds(1).default(600),
  ttlSeconds: seconds(0).default(3600),
  volumes: volumes.default([]),
  fsGroup: seconds(1).optional(),
  imagePullSecrets: z.array(objectName).default([]),
  serviceAccount: objectName.optional(),
  runAsUser: seconds(1).optional(),
  readOnlyRootFilesystem: z.boolean().default(true),
  labels: metadata(labelValue).default({}),
  annotations: metadata(z.string())
    .refine((all) => Buffer.byteLength(JSON.stringify(all)) <= annotationLimit, `must be at most ${annotationLimit / 1024} KiB in all`)
    .default({}),
  schedule: schedule.optional(),
  after: z.array(dnsLabel(40)).default([]),
  onChange: oneOf("wait", "cancel").default("wait"),
  wait: oneOf("complete", "started", "none").default("complete"),
  onFailure: oneOf("fail", "report").default("fail"),
  retryFailed: z.union([z.boolean(), z.string().min(1)], rule("true, false or a text")).default(false),
  taskSeconds: seconds(1).optional(),
  prices: prices.prefault({}),
  store,
  resultsPrefix: z
    .string()
    .regex(/^([^/]+\/)+$/, rule("a key prefix that ends with '/', such as batch/thumbnails/"))
    .optional(),
});

export type Fields = z.infer<typeof fields>;
