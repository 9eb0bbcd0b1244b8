import * as core from "@pulumi/kubernetes/core/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { type CredentialName, credentialNames, credentialVariables } from "../../common/ovh/credentials";

/** Access of a program in the cluster to the OVHcloud API, as a service account or by an application key, one of the two. It may do what the program needs, and nothing else. */
export type ApiAccessArgs = {
  /** `ovh-eu`, `ovh-ca`, `ovh-us` or a URL that pods reach. */
  readonly endpoint: pulumi.Input<string>;
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** OVHcloud's id of the cluster. */
  readonly clusterId: pulumi.Input<string>;
} & { readonly [Name in CredentialName]?: pulumi.Input<string> };

/** The credentials in the order of their names: a program reads them once. */
export const credentialsOf = (api: ApiAccessArgs | undefined): (pulumi.Input<string> | undefined)[] =>
  credentialNames.map((name) => api?.[name]);

/** The credentials as a Secret of environment variables. @param resource Pulumi's name */
export function createCredentials(
  parent: pulumi.Resource,
  resource: string,
  metadata: input.meta.v1.ObjectMeta,
  api: ApiAccessArgs,
): core.Secret {
  const given = credentialNames.flatMap((name) => {
    const value = api[name];
    return value === undefined ? [] : [[credentialVariables[name], value] as const];
  });
  return new core.Secret(resource, { metadata, stringData: Object.fromEntries(given) }, { parent });
}
