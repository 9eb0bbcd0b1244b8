/** IAM policies of OVHcloud service accounts: the least rights that Pulumi, the autoscaler and Karpenter need. Pure. */

/** Whom a policy is for. */
export const purposes = ["pulumi", "autoscaler", "karpenter"] as const;
export type Purpose = (typeof purposes)[number];

const names: Readonly<Record<Purpose, string>> = { pulumi: "Pulumi", autoscaler: "the autoscaler", karpenter: "Karpenter" };

/**
 * Actions of the API on a Public Cloud project. Their names follow from the paths: what comes after the project's id, without ids, and then `get`, `create`,
 * `edit` or `delete`. `*` stands for any text: some calls, such as that for a kubeconfig, have names of their own, which no list of OVHcloud's that is public
 * has. The API console shows the name beside each call (IAM actions), and a refusal tells the one that lacks.
 */
const actions: Readonly<Record<Purpose, readonly string[]>> = {
  pulumi: [
    "flavor/get",
    "kube/*",
    "network/private/*",
    "operation/get",
    "region/gateway/*",
    "region/network/*",
    "region/storage/*",
    "role/get",
    "user/*",
  ],
  // The resources of IAM end at the project: the right holds for all of its clusters.
  autoscaler: ["kube/nodepool/get", "kube/nodepool/nodes/get", "kube/nodepool/edit"],
  karpenter: [
    "flavor/get",
    "kube/flavors/get",
    "kube/get",
    "kube/node/delete",
    "kube/node/get",
    "kube/nodepool/create",
    "kube/nodepool/delete",
    "kube/nodepool/edit",
    "kube/nodepool/get",
    "region/get",
  ],
};

export interface PolicyOptions {
  readonly purpose: Purpose;
  /** Id of the Public Cloud project. */
  readonly projectId: string;
  /** URN of the service account: `urn:v1:eu:identity:credential:<account>/oauth2-<client id>`. */
  readonly identity: string;
}

/** As `POST /v2/iam/policy` takes it. */
export interface Policy {
  readonly name: string;
  readonly description: string;
  readonly identities: readonly string[];
  readonly resources: readonly { readonly urn: string }[];
  readonly permissions: { readonly allow: readonly { readonly action: string }[] };
}

const identityPattern = /^urn:v1:(eu|ca|us):identity:credential:[^/\s]+\/oauth2-[^/\s]+$/;

/** What is wrong with the options, by name; empty when nothing is. */
export function policyFaults({ purpose, projectId, identity }: Readonly<Record<keyof PolicyOptions, string>>): string[] {
  return [
    ...((purposes as readonly string[]).includes(purpose) ? [] : [`for (${purpose}) must be ${purposes.join(" or ")}`]),
    ...(/^[0-9a-f]{32}$/.test(projectId) ? [] : [`project (${projectId}) must be the 32 hexadecimal digits of a Public Cloud project id`]),
    ...(identityPattern.test(identity)
      ? []
      : [
          `identity (${identity}) must be the URN of a service account, urn:v1:<eu, ca or us>:identity:credential:<account>/oauth2-<client id>`,
        ]),
  ];
}

export function policyOf({ purpose, projectId, identity }: PolicyOptions): Policy {
  const plate = identityPattern.exec(identity)?.[1] ?? "eu";
  return {
    name: `ovh-mks-batch-${purpose}-${projectId.slice(0, 8)}`,
    description: `What ${names[purpose]} of ovh-mks-batch may do in the project ${projectId}`,
    identities: [identity],
    resources: [{ urn: projectUrn(plate, projectId) }],
    permissions: { allow: actions[purpose].map((action) => ({ action: actionPrefix + action })) },
  };
}

export const actionPrefix = "publicCloudProject:apiovh:";

export const projectUrn = (plate: string, projectId: string): string => `urn:v1:${plate}:resource:publicCloudProject:${projectId}`;
