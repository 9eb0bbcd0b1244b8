import { isIP } from "node:net";
import * as z from "zod";

/** The bodies of the Kubernetes requests. What depends on state (region, flavor, plan) is checked by the services. */

const count = z.int().min(0);
const nonEmpty = z.string().min(1, "must not be empty");
const ipBlock = z.string().refine((text) => {
  const [ip = "", bits, ...rest] = text.split("/");
  const family = isIP(ip);
  return family > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}, "must be an IP address or a range such as 10.42.0.0/16");

const privateNetworkConfiguration = z.strictObject({ defaultVrackGateway: z.string(), privateNetworkRoutingAsDefault: z.boolean() });
const updatePolicy = z.enum(["ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE"]);

const admissionPlugins = z.array(z.enum(["AlwaysPullImages", "NodeRestriction"]));
export const customizationSchema = z.strictObject({
  apiServer: z
    .strictObject({
      admissionPlugins: z.strictObject({ enabled: admissionPlugins.optional(), disabled: admissionPlugins.optional() }).optional(),
    })
    .optional(),
  kubeProxy: z
    .strictObject({ iptables: z.record(z.string(), z.string()).optional(), ipvs: z.record(z.string(), z.string()).optional() })
    .optional(),
  cilium: z.record(z.string(), z.unknown()).optional(),
});

export const createClusterSchema = z.strictObject({
  region: nonEmpty,
  name: nonEmpty.max(63).optional(),
  version: nonEmpty.optional(),
  plan: z.enum(["free", "standard"]).default("free"),
  updatePolicy: updatePolicy.default("ALWAYS_UPDATE"),
  customization: customizationSchema.default({}),
  kubeProxyMode: z.enum(["iptables", "ipvs"]).default("iptables"),
  privateNetworkId: nonEmpty.optional(),
  privateNetworkConfiguration: privateNetworkConfiguration.optional(),
  nodesSubnetId: nonEmpty.optional(),
  loadBalancersSubnetId: nonEmpty.optional(),
  ipAllocationPolicy: z.strictObject({ podsIpv4Cidr: ipBlock, servicesIpv4Cidr: ipBlock }).optional(),
});

export const clusterBodies = {
  rename: z.strictObject({ name: nonEmpty.max(63) }),
  updatePolicy: z.strictObject({ updatePolicy }),
  update: z.strictObject({ strategy: z.enum(["LATEST_PATCH", "NEXT_MINOR"]).default("LATEST_PATCH"), force: z.boolean().optional() }),
  reset: z.object({ workerNodesPolicy: z.enum(["delete", "reinstall"]).default("delete") }),
  privateNetwork: privateNetworkConfiguration,
  loadBalancersSubnet: z.strictObject({ loadBalancersSubnetId: nonEmpty }),
  ipRestrictions: z.strictObject({ ips: z.array(ipBlock).max(100) }),
  openIdConnect: z.strictObject({
    clientId: nonEmpty,
    issuerUrl: z.url({ protocol: /^https$/, error: "must be an https URL" }),
    usernameClaim: z.string().optional(),
    usernamePrefix: z.string().optional(),
    groupsClaim: z.array(z.string()).optional(),
    groupsPrefix: z.string().optional(),
    requiredClaim: z.array(z.string()).optional(),
    signingAlgorithms: z.array(z.enum(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"])).optional(),
    caContent: z.string().optional(),
  }),
};

export const templateSchema = z.strictObject({
  metadata: z.strictObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    finalizers: z.array(z.string()),
  }),
  spec: z.strictObject({
    taints: z.array(
      z.strictObject({ key: nonEmpty, value: z.string().optional(), effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]) }),
    ),
    unschedulable: z.boolean(),
  }),
});

const autoscaling = z.strictObject({
  scaleDownUnneededTimeSeconds: count.optional(),
  scaleDownUnreadyTimeSeconds: count.optional(),
  scaleDownUtilizationThreshold: z.number().min(0).max(1).optional(),
});

const changeable = {
  desiredNodes: count.optional(),
  minNodes: count.optional(),
  maxNodes: count.optional(),
  autoscale: z.boolean().optional(),
  autoscaling: autoscaling.optional(),
  template: templateSchema.optional(),
  attachFloatingIps: z.strictObject({ enabled: z.boolean() }).optional(),
};

/** Longest pool name for which `<pool>-node-<6 hex>` is a host name. */
const maxPoolName = 63 - "-node-123456".length;

export const createPoolSchema = z.strictObject({
  flavorName: nonEmpty,
  name: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
      "must consist of lower case letters, digits and '-', and start and end with a letter or digit",
    )
    .max(maxPoolName, `must have at most ${maxPoolName} characters`)
    .optional(),
  monthlyBilled: z.boolean().default(false),
  antiAffinity: z.boolean().default(false),
  availabilityZones: z.array(nonEmpty).optional(),
  ...changeable,
});

export const updatePoolSchema = z.strictObject({
  ...changeable,
  nodesToRemove: z.array(nonEmpty).optional(),
  // May be repeated, not changed.
  name: z.string().optional(),
  flavor: z.string().optional(),
  flavorName: z.string().optional(),
  antiAffinity: z.boolean().optional(),
  availabilityZones: z.array(z.string()).optional(),
  monthlyBilled: z.boolean().optional(),
});
