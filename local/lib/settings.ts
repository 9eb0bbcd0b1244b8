import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { UserError } from "./errors";

const cidr = z.string().regex(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, "must be an IPv4 range such as 10.250.0.0/24");
const port = z.coerce.number().int().min(1).max(65535);

/** Port of the private registry on the host's address of the node range, which no other local cloud has. */
export const registryPort = 18082;

/** Region of the stack `local`, unless the settings name another. */
export const usualRegion = "GRA11";

/** Settings of the local cloud. Each is a flag of `npm run local -- up` and `npm run demo`, and is kept in `.local/settings.json`. */
export const settingsSchema = z.strictObject({
  nodeCidr: cidr.default("10.250.0.0/24").describe("addresses of the control plane and the nodes; at least a /24"),
  podCidr: cidr.default("10.244.0.0/16").describe("addresses of the pods; a /16, one /24 for each node"),
  serviceCidr: cidr.default("10.96.0.0/16").describe("addresses of the Kubernetes Services"),
  apiPort: port.default(18080).describe("port of the OVHcloud API emulator"),
  s3Port: port.default(18081).describe("port of the S3 server"),
  realNodes: z.coerce.number().int().min(1).max(20).default(3).describe("how many nodes run real pods (containerd and kubelet)"),
  kwokNodes: z.coerce.number().int().min(0).max(1000).default(0).describe("how many simulated (kwok) nodes may follow the real ones"),
  bootSeconds: z.coerce.number().min(0).max(3600).default(0).describe("extra time that a node takes to boot, in seconds"),
  etcdQuota: z
    .enum(["nodes", "plan", "off"])
    .default("nodes")
    .describe(
      "what etcd may hold on the plan Free: objects of 10 MB and 25 MB for each node (nodes), a file of 400 MB (plan), or 8 GB (off)",
    ),
  oneZone: z
    .enum(["accept", "refuse"])
    .default("refuse")
    .describe("whether a node pool may name the zone of a region that has one only; what OVHcloud does is not known"),
  region: z
    .string()
    .regex(/^[A-Z][A-Z0-9-]*$/, "must be a Public Cloud region such as GRA11")
    .default(usualRegion)
    .describe("region of the stack `local`, such as EU-WEST-PAR, which has three zones: the stack's pools are in the first of them"),
  storageRegion: z
    .string()
    .regex(/^[A-Z][A-Z0-9-]*$/, "must be an Object Storage region such as GRA")
    .default("GRA")
    .describe("the one region that has Object Storage; the S3 server takes no signature for another"),
  metrics: z
    .enum(["on", "off"])
    .default("off")
    .describe("on: nodes have the images of the metrics stack, and `npm run demo` runs it; Go builds them for some minutes"),
  keda: z
    .enum(["off", "scaled-jobs", "scaled-objects"])
    .default("off")
    .describe(
      "scaled-jobs: nodes have the image of KEDA's operator, and the stack runs it; scaled-objects: its adapter and webhooks too; Go builds the operator for 6 to 15 minutes",
    ),
  karpenter: z
    .enum(["on", "off"])
    .default("off")
    .describe("on: nodes have the image of Karpenter, and `npm run demo` runs it with a node pool; Go builds it for 2 to 4 minutes"),
  database: z
    .enum(["on", "off"])
    .default("off")
    .describe("on: nodes have the image of PostgreSQL, and `npm run demo` runs a database; with keda, they have the workers of queues too"),
  java: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "on: nodes have the images of Kafka and of the Spring Batch job, and `npm run demo` runs a Kafka; Maven builds them for a minute or two",
    ),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Ports that two servers of one local cloud would listen on. */
const portFaults = ({ apiPort, s3Port }: Settings): string[] => [
  ...(apiPort === s3Port ? [`apiPort, s3Port: both are ${apiPort}; give each a port of its own`] : []),
  ...Object.entries({ apiPort, s3Port })
    .filter(([, value]) => value === registryPort)
    .map(([name]) => `${name}: ${registryPort} is the port of the private registry; choose another`),
];

/** Reads the saved settings, with `overrides` on top. All faults are reported at once. */
export function loadSettings(file: string, overrides: Record<string, unknown> = {}): Settings {
  const saved: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const result = settingsSchema.safeParse({ ...(saved as object), ...overrides });
  const faults = result.success
    ? portFaults(result.data)
    : result.error.issues.map((i) => `${i.path.join(".") || "settings"}: ${i.message}`);
  if (result.success && faults.length === 0) return result.data;
  throw new UserError(`The settings of the local cloud are not valid:\n  ${faults.join("\n  ")}`);
}

export function saveSettings(file: string, settings: Settings): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, null, 2) + "\n");
}
