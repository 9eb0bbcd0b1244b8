import { createHash } from "node:crypto";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { dedicatedTaint } from "../../common/dedicated";
import type { TaintArgs } from "../cluster/node-pool";

/** What the pods of the components share: restricted, non-root, nothing writable. */

export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  seccompProfile: { type: "RuntimeDefault" },
} satisfies input.core.v1.PodSecurityContext;

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} satisfies input.core.v1.SecurityContext;

/** Where a part of the metrics stack runs. */
export interface PlaceArgs {
  /** Namespace, which must be there. */
  readonly namespace: pulumi.Input<string>;
  /** Image reference, with its tag. */
  readonly image: pulumi.Input<string>;
  /** Pool whose nodes run it. @default any */
  readonly pool?: pulumi.Input<string>;
  /** Taints of that pool, which the pods tolerate besides {@link dedicatedTaint}. @default none */
  readonly poolTaints?: readonly TaintArgs[];
  /** Secrets of the namespace with which the image is pulled. @default none */
  readonly imagePullSecrets?: readonly pulumi.Input<string>[];
}

export function onPool({
  pool,
  poolTaints = [],
}: Pick<PlaceArgs, "pool" | "poolTaints">): Pick<input.core.v1.PodSpec, "nodeSelector" | "tolerations"> {
  if (!pool) return {};
  const own = poolTaints
    .filter(({ key }) => key !== dedicatedTaint)
    .map(({ key, value, effect }) => ({ key, operator: "Equal", value, effect }));
  return { nodeSelector: { nodepool: pool }, tolerations: [{ key: dedicatedTaint, operator: "Exists" }, ...own] };
}

/** As evenly over the nodes as there is room. */
export const spread = (matchLabels: Record<string, string>): input.core.v1.TopologySpreadConstraint[] => [
  { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels } },
];

/** Probes of a server made with Kubernetes' own library for API servers. */
export const apiServerProbes = {
  readinessProbe: {
    httpGet: { path: "/readyz", port: "https", scheme: "HTTPS" },
    periodSeconds: 2,
    timeoutSeconds: 5,
    failureThreshold: 3,
  },
  livenessProbe: {
    httpGet: { path: "/livez", port: "https", scheme: "HTTPS" },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 6,
    initialDelaySeconds: 10,
  },
} satisfies Partial<input.core.v1.Container>;

/** In an annotation of a pod's template: what is read at the start only must restart the pods when it changes. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The {@link digest} of values, secrets among them. It tells nothing of them, and is no secret itself: an annotation must not make a pod's whole template one. */
export const digestOf = (values: pulumi.Input<unknown>): pulumi.Output<string> =>
  pulumi.unsecret(pulumi.jsonStringify(values).apply(digest));
