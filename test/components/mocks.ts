import type { CallMocks, ResourceMocks } from "./harness";

/** What the providers answer: only outputs that the program reads, with values that tell where they came from. */
export const resourceMocks: ResourceMocks = {
  "pulumi:providers:ovh": () => ({}),
  "pulumi:providers:kubernetes": () => ({}),
  "ovh:CloudProject/kube:Kube": () => ({ kubeconfig: "kubeconfig of the cluster" }),
  "ovh:CloudProject/networkPrivate:NetworkPrivate": ({ regions }) => ({
    regionsOpenstackIds: Object.fromEntries((regions as string[]).map((region) => [region, `openstack-id-in-${region}`])),
  }),
  "ovh:CloudProject/networkPrivateSubnet:NetworkPrivateSubnet": () => ({}),
  "ovh:CloudProject/gateway:Gateway": () => ({
    externalInformations: [{ networkId: "public", ips: [{ ip: "198.51.100.7", subnetId: "public-subnet" }] }],
  }),
  "ovh:CloudProject/kubeIpRestrictions:KubeIpRestrictions": () => ({}),
  "ovh:CloudProject/kubeOidc:KubeOidc": () => ({}),
  "ovh:CloudProject/kubeNodePool:KubeNodePool": () => ({}),
  "kubernetes:kube.cloud.ovh.com/v1alpha1:NodePoolPatch": () => ({}),
  "ovh:CloudProject/storage:Storage": () => ({}),
  "ovh:CloudProject/user:User": () => ({}),
  "ovh:CloudProject/s3Credential:S3Credential": () => ({ accessKeyId: "ACCESS", secretAccessKey: "s3-secret" }),
  "ovh:CloudProject/s3Policy:S3Policy": () => ({}),
  "ovh:index/cloudProjectStorageObjectBucketLifecycleConfiguration:CloudProjectStorageObjectBucketLifecycleConfiguration": () => ({}),
  "random:index/randomId:RandomId": () => ({ hex: "1a2b3c4d", b64Url: "GisqPBorKjwaKyo8GisqPA" }),
  "kubernetes:core/v1:Namespace": () => ({}),
  "kubernetes:core/v1:ResourceQuota": () => ({}),
  "kubernetes:core/v1:LimitRange": () => ({}),
  "kubernetes:core/v1:Secret": () => ({}),
  "kubernetes:core/v1:ConfigMap": () => ({}),
  "kubernetes:core/v1:ServiceAccount": () => ({}),
  "kubernetes:networking.k8s.io/v1:NetworkPolicy": () => ({}),
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": () => ({}),
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": () => ({}),
  "kubernetes:rbac.authorization.k8s.io/v1:Role": () => ({}),
  "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": () => ({}),
  "kubernetes:apps/v1:Deployment": () => ({}),
  "kubernetes:policy/v1:PodDisruptionBudget": () => ({}),
  "kubernetes:core/v1:Service": () => ({}),
  // It is named by Pulumi.
  "kubernetes:core/v1:PersistentVolumeClaim": ({ metadata }, name) => ({ metadata: { name, ...(metadata as object) } }),
  "kubernetes:apps/v1:StatefulSet": () => ({}),
  "kubernetes:batch/v1:CronJob": () => ({}),
  "kubernetes:batch/v1:Job": () => ({}),
  "random:index/randomPassword:RandomPassword": () => ({ result: "generated" }),
  "ovh:CloudProject/database:Database": ({ nodes, engine }) => ({
    endpoints: [
      { component: engine, domain: `${String(engine)}-1.database.cloud.ovh.net`, port: 20184 },
      { component: "metrics", domain: "other", port: (nodes as unknown[]).length },
    ],
  }),
  "ovh:CloudProjectDatabase/postgresSqlUser:PostgresSqlUser": () => ({ password: "made by OVHcloud" }),
  "ovh:CloudProjectDatabase/databaseInstance:DatabaseInstance": () => ({}),
  "ovh:CloudProjectDatabase/user:User": () => ({}),
  "ovh:CloudProjectDatabase/kafkaTopic:KafkaTopic": () => ({}),
  "ovh:CloudProjectDatabase/kafkaAcl:KafkaAcl": () => ({}),
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": () => ({}),
  "kubernetes:apiregistration.k8s.io/v1:APIService": () => ({}),
  "kubernetes:keda.sh/v1alpha1:ScaledJob": () => ({}),
  "kubernetes:keda.sh/v1alpha1:TriggerAuthentication": () => ({}),
  "pulumi-nodejs:dynamic/metrics:MetricsApi": () => ({}),
  "pulumi-nodejs:dynamic/metrics:ServingCertificate": () => ({
    certificate: "the certificate",
    privateKey: "the private key",
    caBundle: "the authority",
    expiresAt: "2030-01-01T00:00:00.000Z",
  }),
  "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": () => ({}),
  "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration": () => ({}),
  "kubernetes:karpenter.sh/v1:NodePool": () => ({}),
  "kubernetes:karpenter.ovhcloud.sh/v1alpha1:OVHNodeClass": () => ({}),
  "pulumi-nodejs:dynamic/karpenter:CleanUp": () => ({}),
  "pulumi-nodejs:dynamic/keda:Presence": () => ({}),
  "pulumi-nodejs:dynamic/keda:ScaledResources": () => ({}),
  "pulumi-nodejs:dynamic/batch:BatchJob": () => ({
    status: "complete",
    counts: { total: 0, succeeded: 0, failed: 0, skipped: 0 },
    startedAt: "",
    finishedAt: "",
    taskResults: [],
  }),
};

const flavors: Record<string, readonly string[]> = {
  GRA11: ["b2-7", "b2-15", "b3-8", "b3-16", "c2-7", "c2-15", "c2-30"],
  "EU-WEST-PAR": ["b3-8", "b3-16", "b3-32"],
};

export const callMocks: CallMocks = {
  "ovh:CloudProject/getKube:getKube": ({ kubeId }) => ({ id: kubeId, kubeconfig: "kubeconfig of the cluster, read now" }),
  "ovh:CloudProjectDatabase/getKafkaUserAccess:getKafkaUserAccess": (of) => ({ ...of, cert: "the certificate", key: "made by OVHcloud" }),
  "ovh:CloudProjectDatabase/getCertificates:getCertificates": (of) => ({ ...of, ca: "the authority" }),
  "ovh:CloudProject/getFlavors:getFlavors": ({ region, nameFilter }) => ({
    id: "flavors",
    region,
    flavors: [
      ...(flavors[String(region)] ?? []).map((name) => ({ name, osType: "linux" })),
      ...(region === "GRA11" ? [{ name: "win-b2-7", osType: "windows" }] : []),
    ].filter(({ name }) => nameFilter === undefined || name === nameFilter),
  }),
};
