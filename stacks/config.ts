import * as z from "zod";
import { autoscalerSettings, nodeHour, subsidiary } from "../common/autoscaler-settings";
import { notificationSettings } from "../common/notification-settings";
import { version } from "../package.json";
import { apiAccess } from "./api-access";
import { karpenter } from "./karpenter-settings";
import { keda } from "./keda-settings";
import { database } from "./database-settings";
import { kafka } from "./kafka-settings";
import { metrics } from "./metrics-settings";
import { pools } from "./pools";
import { queues } from "./queue-settings";
import { checkRules } from "./rules";
import * as t from "./types";

/**
 * Every setting of a stack, under Pulumi's configuration namespace `ovh-mks-batch:`. An unknown key is a fault.
 * docs/configuration.md is generated from the descriptions here: `npm run docs`.
 */

const oidc = z
  .strictObject({
    clientId: z.string().min(1).describe("client that the tokens are issued for"),
    issuerUrl: t.httpsUrl.describe("URL of the identity provider"),
    usernameClaim: z.string().optional().describe("claim that holds the user name; OVHcloud's default is `sub`"),
    usernamePrefix: z.string().optional().describe("put before each user name"),
    groupsClaims: z.array(z.string()).optional().describe("claims that hold the groups"),
    groupsPrefix: z.string().optional().describe("put before each group"),
    requiredClaims: z.array(z.string()).optional().describe("`key=value` pairs that a token must have"),
    signingAlgs: z.array(z.string()).optional().describe("signature algorithms that are accepted; OVHcloud's default is RS256"),
    caContent: z.string().optional().describe("certificate authority of the identity provider, PEM in base64"),
  })
  .optional()
  .describe("sign-in to the Kubernetes API with an OpenID Connect provider");

const privateNetwork = z
  .strictObject({
    id: z.string().min(1).describe("OpenStack id of the private network in the region; a change recreates the cluster"),
    nodesSubnetId: z.string().min(1).describe("subnet of the nodes; cannot be changed later"),
    loadBalancersSubnetId: z.string().min(1).optional().describe("subnet of public load balancers; by default that of the nodes"),
    gateway: z
      .union([z.ipv4(), z.literal("")], "must be an IPv4 address or empty")
      .default("")
      .describe("gateway of all outgoing traffic"),
    routingAsDefault: z.boolean().default(false).describe("route by the private interface by default"),
  })
  .optional()
  .describe("existing private network of the nodes, with a gateway on the plan standard; or let `network` create one");

const network = z
  .strictObject({
    range: z
      .string()
      .default("192.168.0.0/20")
      .describe("addresses of the nodes, a private range from /16 to /24; a change recreates the subnet, and so the cluster"),
    vlanId: z
      .int()
      .min(0)
      .max(4000)
      .default(0)
      .describe("VLAN id, different for each network; a change recreates the network, and so the cluster"),
    gatewayModel: z
      .enum(["s", "m", "l"])
      .default("s")
      .describe("size of the gateway to the internet, which decides its bandwidth and price"),
  })
  .optional()
  .describe("private network that the program creates for the nodes, with a subnet and a gateway; the plan standard needs one");

const cluster = z
  .strictObject({
    version: t.kubernetesVersion
      .default("1.35")
      .describe("Kubernetes minor version; upgrade by one at a time; downgrades are not possible"),
    plan: z
      .enum(["free", "standard"])
      .default("free")
      .describe("MKS plan, which cannot be changed later: free has up to 100 nodes; standard up to 500, in regions that have it"),
    updatePolicy: z
      .enum(["ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE"])
      .default("ALWAYS_UPDATE")
      .describe("when OVHcloud installs security patches"),
    ipRestrictions: z
      .array(t.addressRange)
      .default([])
      .describe("address ranges that may reach the Kubernetes API; empty allows all; the gateway of `network` is added"),
    oidc,
    privateNetwork,
    protected: z.boolean().default(false).describe("refuse to delete or recreate the cluster"),
  })
  .prefault({})
  .describe("the Kubernetes cluster");

const days = z.int().min(1).max(36_500);

const storage = z
  .strictObject({
    bucketName: t.bucketName.optional().describe("name of the bucket; by default `<project>-<stack>-<8 random hexadecimal digits>`"),
    region: t.storageRegion.optional().describe("Object Storage region; by default the one beside the compute region"),
    endpoint: t.httpUrl.optional().describe("S3 endpoint, for this machine and pods alike; by default OVHcloud's in that region"),
    versioning: z.boolean().default(false).describe("keep replaced and deleted objects as old versions"),
    encryption: z.enum(["AES256", "plaintext"]).default("AES256").describe("encryption at rest"),
    objectLock: z
      .strictObject({
        mode: z.enum(["governance", "compliance"]).describe("whether a privileged user may lift the lock"),
        days: days.describe("how long an object cannot be deleted, in days"),
      })
      .optional()
      .describe("write-once objects; needs versioning, and can be set at creation only"),
    lifecycle: z
      .strictObject({
        noncurrentDays: days.optional().describe("number of days after which old versions are deleted"),
        incompleteUploadDays: days.optional().describe("number of days after which unfinished uploads are aborted"),
      })
      .optional()
      .describe("what the storage cleans up by itself"),
    protected: z.boolean().default(false).describe("refuse to delete the bucket, and keep it even if its resource is removed"),
  })
  .prefault({})
  .describe("the bucket of inputs and results");

const namespace = z
  .strictObject({
    maxPods: z.int().min(1).max(100_000).default(10_000).describe("most pods at a time"),
    maxCpu: t.cpu.optional().describe("most CPU that all pods together may request; unlimited by default"),
    maxMemory: t.bytes.optional().describe("most memory that all pods together may request; unlimited by default"),
    defaultCpu: t.cpu.default("100m").describe("CPU request of a container that has none"),
    defaultMemory: t.bytes.default("256Mi").describe("memory request and limit of a container that has none"),
  })
  .prefault({})
  .describe("limits of the namespace `batch`");

const images = z
  .strictObject({
    registry: t.imageRegistry.describe(
      "where the images are: `thumbnail`, `autoscaler`, `batch-controller`, with metrics `prometheus` and others, with KEDA `keda-operator`, with Karpenter `karpenter`, with a database `postgresql`, with Kafka `kafka`, with queues `sql-batch` or their own, e.g. registry.example.com/batch",
    ),
    tag: t.imageTag.default(version).describe("tag of the images; by default the version of this package"),
    pullSecret: z
      .strictObject({
        username: z.string().min(1).describe("name of an account that may pull"),
        password: z.string().min(1).describe("its password or token; set it with --secret"),
      })
      .optional()
      .describe("account of a private registry; each namespace with these images gets it as the Secret `registry-credentials`"),
  })
  .prefault({} as { registry: string })
  .describe("container images");

const autoscaler = z
  .strictObject({
    enabled: z.boolean().default(true).describe("run the node autoscaler; without it the pools keep the nodes that you give them"),
    replicas: z.int().min(1).max(3).default(1).describe("number of pods; one of them leads"),
    ...autoscalerSettings,
    api: apiAccess("read and edit node pools", "GET and PUT the cluster's node pools")
      .optional()
      .describe(
        "access to the OVHcloud API, to remove each idle node by its name; without it a pool shrinks only when all its nodes are idle",
      ),
  })
  .prefault({})
  .describe("the node autoscaler");

const controller = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("run the batch controller; without it a Job is recorded and finished only while a client waits for it"),
    replicas: z.int().min(1).max(3).default(1).describe("number of pods; one of them leads"),
    notifications: notificationSettings.optional().describe("who is notified of the end of Jobs; by default nobody"),
  })
  .prefault({})
  .describe("the batch controller");

const prices = z
  .strictObject({
    catalog: t.httpUrl
      .optional()
      .describe("OVHcloud API with the public price list, reachable from pods too; by default the one of the provider's endpoint"),
    subsidiary: subsidiary
      .optional()
      .describe("OVHcloud's subsidiary, which decides prices and currency; by default FR, CA or US, according to the endpoint"),
    nodeHour,
  })
  .prefault({})
  .describe("what nodes cost: for the estimates, and for the choice between pools");

const thumbnails = z
  .strictObject({
    enabled: z.boolean().default(true).describe("at each `pulumi up`, make a thumbnail of each video in the bucket that has none"),
    prefix: t.objectPrefix.default("videos/").describe("prefix of the videos in the bucket"),
    pattern: z.string().min(1).default("**").describe("glob pattern of their names under the prefix: `*`, `**`, `?`, `{a,b}`"),
    outputPrefix: t.objectPrefix.default("thumbnails/").describe("where the thumbnails go, as `<name>.webm`"),
    width: z.int().min(16).max(1920).default(320).describe("width in pixels; the height follows the video's shape"),
    durationSeconds: z.number().min(0.1).max(60).default(4).describe("length of a thumbnail, in seconds; a shorter video is used whole"),
    quality: z.int().min(0).max(63).default(40).describe("VP9's constant rate factor: 0 is the best and biggest"),
    fps: z.int().min(1).max(60).default(10).describe("frames a second"),
    cpu: t.cpu.default("1").describe("CPUs that are reserved for a task"),
    memory: t.bytes.default("1Gi").describe("memory of a task; a task that uses more is killed"),
    onFailure: z.enum(["report", "fail"]).default("report").describe("whether a video that cannot be read fails the update"),
  })
  .prefault({})
  .describe("the sample workload");

export const settingsSchema = z
  .strictObject({
    serviceName: t.projectId.describe(
      "id of the Public Cloud project, 32 hexadecimal digits; by default the environment variable OVH_CLOUD_PROJECT_SERVICE",
    ),
    region: t.computeRegion.default("GRA11").describe("Public Cloud region of the cluster; a change recreates it"),
    cluster,
    network,
    pools,
    storage,
    namespace,
    images,
    autoscaler,
    karpenter,
    controller,
    prices,
    metrics,
    keda,
    database,
    kafka,
    queues,
    thumbnails,
  })
  .superRefine(checkRules, { when: () => true });

export type Settings = z.infer<typeof settingsSchema>;
