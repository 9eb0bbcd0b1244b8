import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";
import { managedBy } from "./pod-security";

/** A Secret of these variables in each namespace, with which programs connect. @param resource start of Pulumi's names @param name of the Secrets */
export const createAccess = (
  parent: pulumi.Resource,
  resource: string,
  name: string,
  namespaces: readonly pulumi.Input<string>[],
  stringData: Record<string, pulumi.Input<string>>,
): core.Secret[] =>
  namespaces.map(
    (namespace, index) =>
      new core.Secret(`${resource}-access-${index}`, { metadata: { name, namespace, labels: managedBy }, stringData }, { parent }),
  );
