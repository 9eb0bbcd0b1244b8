import { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { managedBy } from "../kubernetes/pod-security";
import crds from "./crds.json";

/** KEDA's version, of which the definitions and the images are. */
export const kedaVersion = crds.version;

/** The definitions of KEDA's kinds, all six: the operator watches each. `scripts/keda-crds.ts` writes them. */
const definitions = crds.definitions as unknown as readonly {
  readonly name: string;
  readonly spec: input.apiextensions.v1.CustomResourceDefinitionSpec;
}[];

const labels = { ...managedBy, "app.kubernetes.io/name": "keda", "app.kubernetes.io/version": kedaVersion };

export function createCrds(name: string, opts: pulumi.CustomResourceOptions): CustomResourceDefinition[] {
  return definitions.map(
    ({ name: crd, spec }) => new CustomResourceDefinition(`${name}-${crd.split(".")[0]}`, { metadata: { name: crd, labels }, spec }, opts),
  );
}
