import { compare } from "../protocol/diff";
import type { CheckFailure, Provider, Resource } from "../protocol/provider";
import { type Fields, faults, text } from "../protocol/shape";
import { type Properties, secret, unknown } from "../protocol/values";
import { Api, type Credentials } from "./api";
import { type Definition, define, owner } from "./define";
import { invoke } from "./functions";
import { kube } from "./resources/kube";
import { kubeIpRestrictions, kubeOidc } from "./resources/kube-settings";
import { gateway, networkPrivate, networkPrivateSubnet } from "./resources/network";
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
  "ovh:CloudProject/user:User": user,
  "ovh:CloudProject/s3Credential:S3Credential": s3Credential,
  "ovh:CloudProject/s3Policy:S3Policy": s3Policy,
};

/** The official endpoints by their names. @see https://github.com/ovh/go-ovh#supported-apis */
const endpoints: Record<string, string> = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
};

/** Each setting and the environment variable that stands in for it. */
const variables = {
  endpoint: "OVH_ENDPOINT",
  applicationKey: "OVH_APPLICATION_KEY",
  applicationSecret: "OVH_APPLICATION_SECRET",
  consumerKey: "OVH_CONSUMER_KEY",
} as const;

const secrets = ["applicationSecret", "consumerKey"];

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

/** The settings from the program, or else from the environment. */
function settings(inputs: Properties): { credentials: Credentials; failures: CheckFailure[] } {
  const values = Object.entries(variables).map(([name, variable]) => [name, inputs[name] ?? process.env[variable] ?? ""] as const);
  const failures = values
    .filter(([, value]) => value === "")
    .map(([name]) => ({
      property: name,
      reason: `is required: set ovh:${name}, or the environment variable ${variables[name as keyof typeof variables]}`,
    }));
  const { endpoint, ...keys } = Object.fromEntries(values.map(([name, value]) => [name, value as string])) as unknown as Credentials;
  const url = endpoint.includes("/") ? endpoint.replace(/\/+$/, "") : endpoints[endpoint];
  if (url === undefined && endpoint !== "" && endpoint !== unknown) {
    failures.push({ property: "endpoint", reason: `(${endpoint}) must be one of ${Object.keys(endpoints).join(", ")}, or a URL` });
  }
  return { credentials: { endpoint: url ?? "", ...keys }, failures };
}
