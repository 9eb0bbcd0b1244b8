import * as core from "@pulumi/kubernetes/core/v1";
import { APIService } from "@pulumi/kubernetes/apiregistration/v1";
import * as apps from "@pulumi/kubernetes/apps/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { managedBy } from "../kubernetes/pod-security";
import { createGrants, createReaders, type GrantArgs } from "./aggregated-rbac";
import { ServingCertificate } from "./certificate/serving-certificate";
import { apiServerProbes, containerSecurity, digest, onPool, type PlaceArgs, podSecurity, spread } from "../kubernetes/pod";
import { pulledWith } from "../kubernetes/pull-secret";
import { openPort } from "../kubernetes/open-port";

/** An API server that the cluster's own one passes requests on to, with all that both need to trust each other. */

export interface AggregatedApiArgs extends PlaceArgs, GrantArgs {
  /** API groups that it serves, all in version `version`. */
  readonly groups: readonly string[];
  readonly version: string;
  /** Arguments beside those of its port and certificate. */
  readonly arguments: readonly pulumi.Input<string>[];
  readonly resources: input.core.v1.ResourceRequirements;
  /** Configuration file, mounted at `/etc/<appName>/config.yaml`. @default none */
  readonly config?: string;
  /** @default none */
  readonly env?: readonly input.core.v1.EnvVar[];
  /** Volumes beside those of its certificate and configuration. @default none */
  readonly volumes?: readonly input.core.v1.Volume[];
  /** Where its container has these. @default nowhere */
  readonly volumeMounts?: readonly input.core.v1.VolumeMount[];
  /** Pods. */
  readonly replicas: number;
}

const port = 8443;
const certificates = "/etc/serving-certificate";

export class AggregatedApi extends pulumi.ComponentResource {
  readonly serviceAccount: core.ServiceAccount;
  readonly certificate: ServingCertificate;
  readonly secret: core.Secret;
  readonly service: core.Service;
  readonly network: NetworkPolicy;
  readonly configMap?: core.ConfigMap;
  readonly deployment: apps.Deployment;
  readonly disruptionBudget?: policy.PodDisruptionBudget;
  readonly apiServices: readonly APIService[];
  private readonly labels: Record<string, string>;

  constructor(
    private readonly name: string,
    args: AggregatedApiArgs,
    opts?: pulumi.ComponentResourceOptions,
    kind = "AggregatedApi",
  ) {
    super(`ovh-mks-batch:metrics:${kind}`, name, {}, opts);
    this.labels = { "app.kubernetes.io/name": args.appName };
    this.serviceAccount = this.createServiceAccount(args);
    const grants = createGrants(this, name, args);
    this.certificate = this.createCertificate(args);
    this.secret = this.createSecret(args);
    this.service = this.createService(args);
    // The API server calls from addresses that are not pods', so anyone may try; who has no certificate of the API server is asked for a token.
    this.network = openPort(this, `${name}-network`, { metadata: this.metadata(args), labels: this.labels, port: "https" });
    if (args.config !== undefined) this.configMap = this.createConfigMap(args, args.config);
    this.deployment = this.createDeployment(args, grants);
    if (args.replicas > 1) this.disruptionBudget = this.createDisruptionBudget(args);
    createReaders(this, name, args);
    this.apiServices = args.groups.map((group) => this.createApiService(group, args));
    this.registerOutputs({});
  }

  private metadata({ appName, namespace }: AggregatedApiArgs): input.meta.v1.ObjectMeta {
    return { name: appName, namespace, labels: { ...managedBy, ...this.labels } };
  }

  private createServiceAccount(args: AggregatedApiArgs): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      { metadata: this.metadata(args), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createCertificate({ appName, namespace }: AggregatedApiArgs): ServingCertificate {
    return new ServingCertificate(
      `${this.name}-certificate`,
      // The API server asks for the first of these names.
      { dnsNames: [pulumi.interpolate`${appName}.${namespace}.svc`] },
      { parent: this },
    );
  }

  private createSecret(args: AggregatedApiArgs): core.Secret {
    const { certificate, privateKey } = this.certificate;
    return new core.Secret(
      `${this.name}-tls`,
      {
        metadata: { ...this.metadata(args), name: `${args.appName}-tls` },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": privateKey },
      },
      { parent: this },
    );
  }

  private createService(args: AggregatedApiArgs): core.Service {
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(args), spec: { selector: this.labels, ports: [{ name: "https", port: 443, targetPort: "https" }] } },
      { parent: this },
    );
  }

  private createConfigMap(args: AggregatedApiArgs, config: string): core.ConfigMap {
    return new core.ConfigMap(`${this.name}-config`, { metadata: this.metadata(args), data: { "config.yaml": config } }, { parent: this });
  }

  private createDeployment(args: AggregatedApiArgs, grants: pulumi.Resource[]): apps.Deployment {
    const { appName, config, env, volumes = [], volumeMounts = [] } = args;
    const files = [`--tls-cert-file=${certificates}/tls.crt`, `--tls-private-key-file=${certificates}/tls.key`];
    const spec: input.core.v1.PodSpec = {
      serviceAccountName: this.serviceAccount.metadata.name,
      automountServiceAccountToken: true,
      ...onPool(args),
      ...pulledWith(args.imagePullSecrets),
      securityContext: podSecurity,
      ...(args.replicas > 1 && { topologySpreadConstraints: spread(this.labels) }),
      containers: [
        {
          name: appName,
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          // It reads the certificate anew when the Secret changes, and so need not restart.
          args: [`--secure-port=${port}`, ...files, ...args.arguments],
          ...(env && { env: [...env] }),
          ports: [{ name: "https", containerPort: port }],
          ...apiServerProbes,
          resources: args.resources,
          securityContext: containerSecurity,
          volumeMounts: [
            { name: "certificate", mountPath: certificates, readOnly: true },
            ...(this.configMap ? [{ name: "config", mountPath: `/etc/${appName}`, readOnly: true }] : []),
            ...volumeMounts,
          ],
        },
      ],
      volumes: [
        { name: "certificate", secret: { secretName: this.secret.metadata.name } },
        ...(this.configMap ? [{ name: "config", configMap: { name: this.configMap.metadata.name } }] : []),
        ...volumes,
      ],
    };
    const annotations = config !== undefined && { "batch.ovh-mks/config": digest(config) };
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(args),
        spec: {
          replicas: args.replicas,
          selector: { matchLabels: this.labels },
          template: { metadata: { labels: { ...managedBy, ...this.labels }, ...(annotations && { annotations }) }, spec },
        },
      },
      { parent: this, dependsOn: grants },
    );
  }

  private createDisruptionBudget(args: AggregatedApiArgs): policy.PodDisruptionBudget {
    return new policy.PodDisruptionBudget(
      `${this.name}-disruption-budget`,
      { metadata: this.metadata(args), spec: { minAvailable: 1, selector: { matchLabels: this.labels } } },
      { parent: this },
    );
  }

  private createApiService(group: string, { version, appName, namespace }: AggregatedApiArgs): APIService {
    const caBundle = this.certificate.caBundle.apply((pem) => Buffer.from(pem).toString("base64"));
    return new APIService(
      `${this.name}-${group.replaceAll(".", "-")}`,
      {
        metadata: { name: `${version}.${group}`, labels: { ...managedBy, ...this.labels } },
        spec: {
          group,
          version,
          service: { name: appName, namespace, port: 443 },
          caBundle,
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      },
      // While an API is announced that nobody answers for, no namespace can be deleted: it comes after its server and goes before it.
      { parent: this, dependsOn: [this.deployment, this.service] },
    );
  }
}
