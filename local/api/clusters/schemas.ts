import { isIP } from "node:net";
import * as z from "zod";
import { nonEmpty } from "../request/validate";

/** The bodies of the requests on clusters. What depends on state (region, plan) is checked by the services. */

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
