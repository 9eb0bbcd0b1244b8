import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import type { TaintArgs } from "../cluster/node-pool";
import { grantClusterRole } from "./cluster-role";
import { allowCritical, criticalPriority } from "./critical";
import { containerSecurity, digestOf, onPool, podSecurity, spread } from "./pod";
import { managedBy } from "./pod-security";
import { createPullSecret, pulledWith, type RegistryAccountArgs } from "./pull-secret";
import { grantRole } from "./role";

/** What the autoscaler, the batch controller and Karpenter are to the cluster: a Deployment on the system pool, of which one pod leads, with the rights that it needs. */

/** What a user chooses of an operator. */
export interface OperatorPlaceArgs {
  /** Image reference, with its tag. */
  readonly image: pulumi.Input<string>;
  /** Account of the image's registry, which becomes a Secret of the namespace. @default none is needed */
  readonly pullSecret?: RegistryAccountArgs;
  /** Pool whose nodes run it; it must never be one that is scaled to zero. */
  readonly pool: pulumi.Input<string>;
  /** Taints of that pool, which the pods tolerate. @default none */
  readonly poolTaints?: readonly TaintArgs[];
  /** Pods, of which one leads. */
  readonly replicas: number;
}

export interface RoleArgs {
  /** @default the operator's own */
  readonly namespace?: pulumi.Input<string>;
  /** Of the role and its binding. @default that of the operator's objects */
  readonly name?: string;
  readonly rules: input.rbac.v1.PolicyRule[];
}

export interface OperatorArgs extends OperatorPlaceArgs {
  /** Name of its objects and of its container. */
  readonly app: string;
  /** Namespace, which must be there. */
  readonly namespace: pulumi.Input<string>;
  /** What the pods read once, at their start: they restart when it changes. */
  readonly readOnce: readonly pulumi.Input<unknown>[];
  readonly clusterRole: { readonly name: string; readonly rules: input.rbac.v1.PolicyRule[] };
  /** By the ends of the names that Pulumi has for them. */
  readonly roles: Readonly<Record<string, RoleArgs>>;
  /** What else must be there before it starts. @default nothing */
  readonly needs?: readonly pulumi.Resource[];
  /** The container without what all have: name, image and security. */
  readonly container: Omit<input.core.v1.Container, "name">;
  /** @default none */
  readonly volumes?: input.core.v1.Volume[];
}

export interface Operator {
  readonly serviceAccount: core.ServiceAccount;
  readonly pullSecret?: core.Secret;
  readonly deployment: apps.Deployment;
  readonly disruptionBudget?: policy.PodDisruptionBudget;
}

/** Labels by which an operator's pods are found. */
export const podLabelsOf = (app: string) => ({ "app.kubernetes.io/name": app });

export const metadataOf = ({ app, namespace }: Pick<OperatorArgs, "app" | "namespace">): input.meta.v1.ObjectMeta => ({
  name: app,
  namespace,
  labels: { ...managedBy, ...podLabelsOf(app) },
});

/** @param resource the beginning of the names that Pulumi has for its resources */
export function createOperator(parent: pulumi.Resource, resource: string, args: OperatorArgs): Operator {
  const { app, namespace, readOnce, clusterRole, roles, needs = [], replicas } = args;
  const [metadata, matchLabels] = [metadataOf(args), podLabelsOf(app)];
  const { labels } = metadata;
  const serviceAccount = new core.ServiceAccount(
    `${resource}-service-account`,
    // Only the Deployment's own pods get its token.
    { metadata, automountServiceAccountToken: false },
    { parent },
  );
  const subjects = [{ kind: "ServiceAccount", name: serviceAccount.metadata.name, namespace: serviceAccount.metadata.namespace }];
  const { name, rules } = clusterRole;
  const grants = [
    ...grantClusterRole(parent, `${resource}-cluster-role`, { metadata: { name, labels }, rules, subjects }),
    ...Object.entries(roles).flatMap(([suffix, { rules, ...own }]) =>
      grantRole(parent, `${resource}-${suffix}`, { metadata: { ...metadata, ...own }, rules, subjects }),
    ),
    allowCritical(parent, `${resource}-quota`, metadata),
  ];
  const pullSecret = args.pullSecret && createPullSecret(`${resource}-pull-secret`, args.pullSecret, namespace, { parent });
  const spec = podSpec(args, serviceAccount.metadata.name, pullSecret ? [pullSecret.metadata.name] : []);
  const template = { metadata: { labels, annotations: { "batch.ovh-mks/config": digestOf(readOnce) } }, spec };
  const deployment = new apps.Deployment(
    `${resource}-deployment`,
    { metadata, spec: { replicas, selector: { matchLabels }, template } },
    { parent, dependsOn: [...grants, ...needs] },
  );
  if (replicas <= 1) return { serviceAccount, pullSecret, deployment };
  const disruptionBudget = new policy.PodDisruptionBudget(
    `${resource}-disruption-budget`,
    { metadata, spec: { minAvailable: 1, selector: { matchLabels } } },
    { parent },
  );
  return { serviceAccount, pullSecret, deployment, disruptionBudget };
}

/** The pod, within the restricted Pod Security Standard. */
function podSpec(
  args: OperatorArgs,
  serviceAccountName: pulumi.Input<string>,
  imagePullSecrets: readonly pulumi.Input<string>[],
): input.core.v1.PodSpec {
  const { app, image, replicas, container, volumes } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    // Nodes come and go by its work alone, also when all of them are full.
    priorityClassName: criticalPriority,
    ...onPool(args),
    ...pulledWith(imagePullSecrets),
    securityContext: podSecurity,
    ...(replicas > 1 && { topologySpreadConstraints: spread(podLabelsOf(app)) }),
    containers: [{ name: app, image, imagePullPolicy: "IfNotPresent", ...container, securityContext: containerSecurity }],
    ...(volumes && { volumes }),
  };
}
