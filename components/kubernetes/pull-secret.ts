import * as core from "@pulumi/kubernetes/core/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { pullSecretName } from "../../batch/spec/secrets";
import { managedBy } from "./pod-security";
import type { PlaceArgs } from "./pod";

/** An account that may pull from an image registry. */
export interface RegistryAccountArgs {
  /** Registry and path, e.g. `registry.example.com/batch`. */
  readonly registry: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

/** The account as a Secret of a namespace. @param resource Pulumi's name */
export function createPullSecret(
  resource: string,
  account: RegistryAccountArgs,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): core.Secret {
  const config = pulumi.output(account).apply(({ registry, username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    return JSON.stringify({ auths: { [serverOf(registry)]: { username, password, auth } } });
  });
  return new core.Secret(
    resource,
    {
      metadata: { name: pullSecretName, namespace, labels: managedBy },
      type: "kubernetes.io/dockerconfigjson",
      stringData: { ".dockerconfigjson": pulumi.secret(config) },
    },
    opts,
  );
}

/** What a pod says of the Secrets with which its image is pulled. */
export const pulledWith = (names: PlaceArgs["imagePullSecrets"]): Pick<input.core.v1.PodSpec, "imagePullSecrets"> =>
  names?.length ? { imagePullSecrets: names.map((name) => ({ name })) } : {};

/** The server of a registry, as image references name it: without one they mean Docker Hub. */
export function serverOf(registry: string): string {
  const [first = ""] = registry.split("/");
  return /[.:]/.test(first) || first === "localhost" ? first : "docker.io";
}
