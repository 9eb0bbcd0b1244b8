const string = { type: "string" } as const;
const boolean = { type: "boolean" } as const;
const stringMap = { type: "object", additionalProperties: string } as const;
const seconds = { type: "integer", format: "int32", minimum: 0 } as const;

/** A number of nodes. */
const nodes = (maximum: number) => ({ type: "integer", format: "int32", minimum: 0, maximum });

const taint = {
  type: "object",
  required: ["key", "effect"],
  properties: { key: string, value: string, effect: { type: "string", enum: ["NoSchedule", "PreferNoSchedule", "NoExecute"] } },
};

const template = {
  type: "object",
  required: ["metadata", "spec"],
  properties: {
    metadata: {
      type: "object",
      required: ["labels", "annotations", "finalizers"],
      properties: { labels: stringMap, annotations: stringMap, finalizers: { type: "array", items: string } },
    },
    spec: {
      type: "object",
      required: ["taints", "unschedulable"],
      properties: { taints: { type: "array", items: taint }, unschedulable: boolean },
    },
  },
};

/** A rule of a field that may be filled in later but not be changed. */
const onceSet = (field: string) => ({
  rule: `!has(oldSelf.${field}) || (has(self.${field}) && self.${field} == oldSelf.${field})`,
  message: `${field} is immutable`,
  fieldPath: `.${field}`,
});

const spec = {
  type: "object",
  required: ["flavor"],
  properties: {
    flavor: { ...string, minLength: 1, description: "Name of the instance flavor, e.g. c2-15. Immutable." },
    desiredNodes: { ...nodes(999), description: "Number of nodes that the pool should have." },
    minNodes: { ...nodes(100), description: "Fewest nodes that autoscaling leaves." },
    maxNodes: { ...nodes(999), description: "Most nodes that the pool may have." },
    autoscale: { ...boolean, description: "Whether OVHcloud's autoscaler sets desiredNodes." },
    antiAffinity: { ...boolean, description: "Each node on another hypervisor; at most 5 nodes. Immutable." },
    monthlyBilled: { ...boolean, description: "Billed by the month. Immutable." },
    autoscaling: {
      type: "object",
      properties: {
        scaleDownUnneededTimeSeconds: seconds,
        scaleDownUnreadyTimeSeconds: seconds,
        scaleDownUtilizationThreshold: { ...string, pattern: "^(0(\\.[0-9]+)?|1(\\.0+)?)$", description: "A number from 0 to 1, as text." },
      },
    },
    availabilityZones: { type: "array", items: string, maxItems: 10 },
    attachFloatingIPs: { type: "object", required: ["enabled"], properties: { enabled: boolean } },
    template,
  },
  "x-kubernetes-validations": [
    { rule: "self.flavor == oldSelf.flavor", message: "flavor is immutable", fieldPath: ".flavor" },
    onceSet("antiAffinity"),
    onceSet("availabilityZones"),
    onceSet("monthlyBilled"),
  ],
};

const condition = {
  type: "object",
  required: ["type", "status", "reason", "message", "lastTransitionTime"],
  properties: {
    type: string,
    status: { type: "string", enum: ["True", "False", "Unknown"] },
    reason: string,
    message: string,
    lastTransitionTime: { ...string, format: "date-time" },
    observedGeneration: { type: "integer", format: "int64" },
  },
};

const status = {
  type: "object",
  properties: {
    currentNodes: { ...nodes(999), description: "Nodes that exist, ready or not." },
    availableNodes: { ...nodes(999), description: "Nodes that are ready." },
    upToDateNodes: { ...nodes(999), description: "Nodes of the newest version and template." },
    observedGeneration: { type: "integer", format: "int64" },
    conditions: { type: "array", items: condition, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
  },
};

const column = (name: string, type: string, jsonPath: string) => ({ name, type, jsonPath });

/** OVHcloud's NodePool, as far as its public documents and clients show it. */
export const nodePoolCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "nodepools.kube.cloud.ovh.com" },
  spec: {
    group: "kube.cloud.ovh.com",
    scope: "Cluster",
    names: { kind: "NodePool", listKind: "NodePoolList", plural: "nodepools", singular: "nodepool" },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec, status } } },
        subresources: { status: {}, scale: { specReplicasPath: ".spec.desiredNodes", statusReplicasPath: ".status.currentNodes" } },
        additionalPrinterColumns: [
          column("Flavor", "string", ".spec.flavor"),
          column("Auto Scaled", "boolean", ".spec.autoscale"),
          column("Monthly Billed", "boolean", ".spec.monthlyBilled"),
          column("Anti Affinity", "boolean", ".spec.antiAffinity"),
          column("Desired", "integer", ".spec.desiredNodes"),
          column("Current", "integer", ".status.currentNodes"),
          column("Up-To-Date", "integer", ".status.upToDateNodes"),
          column("Available", "integer", ".status.availableNodes"),
          column("Min", "integer", ".spec.minNodes"),
          column("Max", "integer", ".spec.maxNodes"),
          column("Age", "date", ".metadata.creationTimestamp"),
        ],
      },
    ],
  },
};

export const nodePoolsPath = `/apis/${nodePoolCrd.spec.group}/v1alpha1/nodepools`;
