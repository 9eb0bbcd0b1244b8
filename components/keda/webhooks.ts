import { ValidatingWebhookConfiguration } from "@pulumi/kubernetes/admissionregistration/v1";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { grantClusterRole } from "../kubernetes/cluster-role";
import { openPort } from "../kubernetes/open-port";
import { containerSecurity, onPool, type PlaceArgs, podSecurity } from "../kubernetes/pod";
import { managedBy } from "../kubernetes/pod-security";
import { pulledWith } from "../kubernetes/pull-secret";
import { ServingCertificate } from "../metrics";
import { certificateVolume, environment, logArguments, ports, probes } from "./pod";
import { webhookRules } from "./rbac";

const labels = { "app.kubernetes.io/name": "keda-admission-webhooks" };

/** The kinds that they look at, in lower case as in the paths of KEDA's server. */
const kinds = ["scaledobject", "scaledjob", "triggerauthentication", "clustertriggerauthentication"] as const;

/** KEDA's webhooks, which refuse faulty objects, such as two ScaledObjects of one Deployment. Without them an object is taken as it is. */
export class KedaWebhooks extends pulumi.ComponentResource {
  readonly serviceAccount: core.ServiceAccount;
  readonly certificate: ServingCertificate;
  readonly service: core.Service;
  readonly network: NetworkPolicy;
  readonly deployment: apps.Deployment;
  readonly configuration: ValidatingWebhookConfiguration;

  constructor(
    private readonly name: string,
    private readonly args: PlaceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:keda:KedaWebhooks", name, {}, opts);
    this.serviceAccount = this.createServiceAccount();
    const grants = this.createClusterRole();
    this.certificate = this.createCertificate();
    const secret = this.createSecret();
    this.service = this.createService();
    // The API server calls from addresses that are not pods'.
    this.network = openPort(this, `${name}-network`, { metadata: this.metadata(), labels, port: "https" });
    this.deployment = this.createDeployment(secret, grants);
    this.configuration = this.createConfiguration();
    this.registerOutputs({});
  }

  private metadata(): input.meta.v1.ObjectMeta {
    return { name: "keda-admission-webhooks", namespace: this.args.namespace, labels: { ...managedBy, ...labels } };
  }

  private createServiceAccount(): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      { metadata: this.metadata(), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createClusterRole(): pulumi.Resource[] {
    const metadata = { name: "ovh-mks-batch-keda-admission-webhooks", labels: { ...managedBy, ...labels } };
    const { name, namespace } = this.serviceAccount.metadata;
    return grantClusterRole(this, `${this.name}-cluster-role`, {
      metadata,
      rules: webhookRules,
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
  }

  private createCertificate(): ServingCertificate {
    const dnsNames = [pulumi.interpolate`keda-admission-webhooks.${this.args.namespace}.svc`];
    return new ServingCertificate(`${this.name}-certificate`, { dnsNames }, { parent: this });
  }

  private createSecret(): core.Secret {
    const { certificate, privateKey } = this.certificate;
    return new core.Secret(
      `${this.name}-tls`,
      {
        metadata: { ...this.metadata(), name: "keda-admission-webhooks-tls" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": privateKey },
      },
      { parent: this },
    );
  }

  private createService(): core.Service {
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(), spec: { selector: labels, ports: [{ name: "https", port: 443, targetPort: "https" }] } },
      { parent: this },
    );
  }

  private createDeployment(secret: core.Secret, grants: pulumi.Resource[]): apps.Deployment {
    const { volumes, volumeMounts } = certificateVolume(secret.metadata.name);
    const spec: input.core.v1.PodSpec = {
      serviceAccountName: this.serviceAccount.metadata.name,
      automountServiceAccountToken: true,
      ...onPool(this.args),
      ...pulledWith(this.args.imagePullSecrets),
      securityContext: podSecurity,
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: "keda-admission-webhooks",
          image: this.args.image,
          imagePullPolicy: "IfNotPresent",
          args: logArguments,
          // They look at all namespaces.
          env: environment([]),
          ports: [...ports, { name: "https", containerPort: 9443 }],
          ...probes,
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: containerSecurity,
          volumeMounts,
        },
      ],
      volumes,
    };
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(),
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels: { ...managedBy, ...labels } }, spec },
        },
      },
      { parent: this, dependsOn: grants },
    );
  }

  private createConfiguration(): ValidatingWebhookConfiguration {
    const caBundle = this.certificate.caBundle.apply((pem) => Buffer.from(pem).toString("base64"));
    const { name, namespace } = this.metadata() as { name: string; namespace: pulumi.Input<string> };
    return new ValidatingWebhookConfiguration(
      `${this.name}-configuration`,
      {
        metadata: { name: "keda-admission", labels: { ...managedBy, ...labels } },
        webhooks: kinds.map((kind) => ({
          name: `v${kind}.kb.io`,
          admissionReviewVersions: ["v1"],
          clientConfig: { caBundle, service: { name, namespace, path: `/validate-keda-sh-v1alpha1-${kind}` } },
          rules: [{ apiGroups: ["keda.sh"], apiVersions: ["v1alpha1"], operations: ["CREATE", "UPDATE"], resources: [`${kind}s`] }],
          // While they are away, objects are taken unseen.
          failurePolicy: "Ignore",
          sideEffects: "None",
          timeoutSeconds: 10,
        })),
      },
      { parent: this, dependsOn: [this.deployment, this.service] },
    );
  }
}
