import { credentialVariables } from "../../../common/ovh/credentials";
import { endpoints } from "../../../common/endpoints";
import { compare } from "../protocol/diff";
import type { CheckFailure, Provider, Resource } from "../protocol/provider";
import { type Fields, faults, text } from "../protocol/shape";
import { type Properties, secret, unknown } from "../protocol/values";
import { Api, type Credentials } from "./common/api";
import { type Definition, define, owner } from "./common/define";
import { invoke } from "./functions";
import { kube } from "./resources/kube";
import { kubeIpRestrictions, kubeOidc } from "./resources/kube-settings";
import { gateway, networkPrivate, networkPrivateSubnet } from "./resources/network";
import { lifecycleConfiguration } from "./resources/lifecycle";
import { nodePool } from "./resources/node-pool";
import { s3Credential, s3Policy } from "./resources/s3";
import { storage } from "./resources/storage";
import { user } from "./resources/user";

const definitions: Record<string, Definition> = {
  "ovh:CloudProject/kube:Kube": kube,
  "ovh:CloudProject/kubeNodePool:KubeNodePool": nodePool,
  "ovh:CloudProject/kubeIpRestrictions:KubeIpRestrictions": kubeIpRestrictions,
  "ovh:CloudProject/kubeOidc:KubeOidc": kubeOidc,
  "ovh:CloudProject/networkPrivate:NetworkPrivate": networkPrivate,
  "ovh:CloudProject/networkPrivateSubnet:NetworkPrivateSubnet": networkPrivateSubnet,
  "ovh:CloudProject/gateway:Gateway": gateway,
  "ovh:CloudProject/storage:Storage": storage,
  "ovh:index/cloudProjectStorageObjectBucketLifecycleConfiguration:CloudProjectStorageObjectBucketLifecycleConfiguration":
    lifecycleConfiguration,
  "ovh:CloudProject/user:User": user,
  "ovh:CloudProject/s3Credential:S3Credential": s3Credential,
  "ovh:CloudProject/s3Policy:S3Policy": s3Policy,
};

/** Each setting and the environment variable that stands in for it. */
const variables = {
  endpoint: "OVH_ENDPOINT",
  ...credentialVariables,
} as const;

type Name = keyof typeof variables;

const serviceAccount = ["clientId", "clientSecret"] as const;
const applicationKey = ["applicationKey", "applicationSecret", "consumerKey"] as const;

const secrets = ["clientSecret", "applicationSecret", "consumerKey"];

const fields: Fields = {
  ...Object.fromEntries(Object.keys(variables).map((name) => [name, text])),
  version: text,
  pluginDownloadURL: text,
  userAgentExtra: text,
};

/** Lives as long as the plugin's process: one provider resource, one project's calls. */
export function ovhProvider(version: string): Provider {
  let api: Api | undefined;
  const configured = (): Api => {
    if (!api) throw new Error("the ovh provider is not configured");
    return api;
  };
  const resources = new Map<string, Resource>(
    Object.entries(definitions).map(([type, definition]) => [type, define(definition, configured)]),
  );

  return {
    name: "ovh",
    version,
    checkConfig: (news) => ({
      inputs: Object.fromEntries(Object.entries(news).map(([key, value]) => [key, secrets.includes(key) ? secret(value) : value])),
      failures: [...faults(news, fields, owner), ...settings(news).failures],
    }),
    diffConfig: (olds, news) => compare(olds, news, []),
    async configure(inputs) {
      const { credentials, failures } = settings(inputs);
      if (failures.length > 0) throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
      api = new Api(credentials);
      // As the official one, which stops where its key has no right to this.
      await api.get("/auth/details");
    },
    resource(type) {
      const resource = resources.get(type);
      if (!resource) throw new Error(`${type} is not known to ${owner}; it knows ${[...resources.keys()].join(", ")}`);
      return resource;
    },
    invoke: (token, args) => invoke(configured, token, args),
  };
}

/** The settings from the program, or else from the environment. As the official provider (go-ovh), it signs in one way only, as a service account on OVHcloud's own endpoints only. */
function settings(inputs: Properties): { credentials: Credentials; failures: CheckFailure[] } {
  const value = (name: Name): unknown => inputs[name] ?? process.env[variables[name]] ?? "";
  const has = (name: Name): boolean => value(name) !== "";
  const byAccount = serviceAccount.some(has);
  const failures: CheckFailure[] = (["endpoint", ...(byAccount ? serviceAccount : applicationKey)] as const)
    .filter((name) => !has(name))
    .map((property) => ({ property, reason: `is required: set ovh:${property}, or the environment variable ${variables[property]}` }));
  const endpoint = value("endpoint") as string;
  const url = endpoint.includes("/") ? endpoint.replace(/\/+$/, "") : endpoints[endpoint];
  if (url === undefined && endpoint !== "" && value("endpoint") !== unknown)
    failures.push({ property: "endpoint", reason: `(${endpoint}) must be one of ${Object.keys(endpoints).join(", ")}, or a URL` });
  if (byAccount && applicationKey.some(has))
    failures.push({ property: "clientId", reason: "and applicationKey are both set: can't use multiple authentication methods" });
  if (byAccount && endpoint.includes("/"))
    failures.push({
      property: "clientId",
      reason: `is not compatible with the endpoint ${endpoint}: OAuth2 is for ${Object.keys(endpoints).join(", ")}`,
    });
  const text = (name: Name): string => value(name) as string;
  const credentials = byAccount
    ? { endpoint: url ?? "", clientId: text("clientId"), clientSecret: text("clientSecret") }
    : {
        endpoint: url ?? "",
        applicationKey: text("applicationKey"),
        applicationSecret: text("applicationSecret"),
        consumerKey: text("consumerKey"),
      };
  return { credentials, failures };
}
