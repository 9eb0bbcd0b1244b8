import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { managedBy } from "./pod-security";

/** A crds.json, as scripts/crds.ts writes it. */
interface Definitions {
  readonly version: string;
  readonly definitions: readonly object[];
}

/** The CustomResourceDefinitions of a program. @param app value of the label by which they are found @param name start of Pulumi's names */
export function createDefinitions(
  app: string,
  { version, definitions }: Definitions,
  name: string,
  opts: pulumi.CustomResourceOptions,
): CustomResourceDefinition[] {
  const labels = { ...managedBy, "app.kubernetes.io/name": app, "app.kubernetes.io/version": version };
  const all = definitions as readonly { readonly name: string; readonly spec: input.apiextensions.v1.CustomResourceDefinitionSpec }[];
  return all.map(
    ({ name: crd, spec }) => new CustomResourceDefinition(`${name}-${crd.split(".")[0]}`, { metadata: { name: crd, labels }, spec }, opts),
  );
}
