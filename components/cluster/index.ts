import { Provider } from "@pulumi/kubernetes/provider";
import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import type { Present } from "./present";

/** A Managed Kubernetes cluster, without its node pools: see {@link NodePool}. */

export interface OidcArgs {
  /** Client that the tokens are issued for. */
  readonly clientId: pulumi.Input<string>;
  /** https URL of the identity provider. */
  readonly issuerUrl: pulumi.Input<string>;
  /** Claim that holds the user name. @default `sub` */
  readonly usernameClaim?: pulumi.Input<string>;
  /** Put before each user name. */
  readonly usernamePrefix?: pulumi.Input<string>;
  /** Claims that hold the groups. */
  readonly groupsClaims?: pulumi.Input<string[]>;
  /** Put before each group. */
  readonly groupsPrefix?: pulumi.Input<string>;
  /** `key=value` pairs that a token must have. */
  readonly requiredClaims?: pulumi.Input<string[]>;
  /** Signature algorithms that are accepted. @default `RS256` */
  readonly signingAlgs?: pulumi.Input<string[]>;
  /** Certificate authority of the identity provider, PEM in base64. @default the public ones */
  readonly caContent?: pulumi.Input<string>;
}

export interface PrivateNetworkArgs {
  /** OpenStack id of the private network in the cluster's region. A change recreates the cluster. */
  readonly id: pulumi.Input<string>;
  /** Subnet of the nodes. It cannot be changed later. */
  readonly nodesSubnetId: pulumi.Input<string>;
  /** Subnet of public load balancers. @default the nodes' subnet */
  readonly loadBalancersSubnetId?: pulumi.Input<string>;
  /** Gateway for all outgoing traffic; empty for none. @default the subnet's */
  readonly gateway?: pulumi.Input<string>;
  /** Route by the nodes' private interface unless said otherwise. @default false */
  readonly routingAsDefault?: pulumi.Input<boolean>;
}

export interface MksClusterArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** Name of the cluster as OVHcloud shows it. */
  readonly clusterName: pulumi.Input<string>;
  /** Public Cloud region, e.g. `GRA11`. A change recreates the cluster. */
  readonly region: pulumi.Input<string>;
  /** Kubernetes minor version, e.g. `1.35`. */
  readonly version: pulumi.Input<string>;
  /** MKS plan. @default `free` */
  readonly plan?: pulumi.Input<"free" | "standard">;
  /** When OVHcloud installs security patches. @default `ALWAYS_UPDATE` */
  readonly updatePolicy?: pulumi.Input<"ALWAYS_UPDATE" | "MINIMAL_DOWNTIME" | "NEVER_UPDATE">;
  /** Address ranges (CIDR) that may reach the Kubernetes API. @default all */
  readonly ipRestrictions?: readonly pulumi.Input<string>[];
  /** Sign-in with an OpenID Connect provider. @default none */
  readonly oidc?: OidcArgs;
  /** vRack network of the nodes. @default the public network alone */
  readonly privateNetwork?: PrivateNetworkArgs;
  /** Refuse to delete the cluster, and what would recreate it. @default false */
  readonly protected?: boolean;
}

export class MksCluster extends pulumi.ComponentResource {
  readonly kube: ovh.cloudproject.Kube;
  readonly ipRestrictions?: ovh.cloudproject.KubeIpRestrictions;
  readonly oidc?: ovh.cloudproject.KubeOidc;
  /** Provider for the objects in the cluster. */
  readonly kubernetes: Provider;
  /** OVHcloud's id of the cluster. */
  readonly clusterId: pulumi.Output<string>;
  /** Kubernetes minor version that runs. */
  readonly version: pulumi.Output<string>;
  /** The cluster as OVHcloud has it, which the resource does not tell in the preview of a change; unknown in that of a new cluster. */
  readonly present: pulumi.Output<Present>;
  /** Admin kubeconfig, YAML; a secret. */
  readonly kubeconfig: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    args: MksClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:cluster:MksCluster", name, {}, opts);
    this.kube = this.createKube(args);
    if (args.ipRestrictions?.length) this.ipRestrictions = this.createIpRestrictions(args, args.ipRestrictions);
    if (args.oidc) this.oidc = this.createOidc(args, args.oidc);
    this.clusterId = this.kube.id;
    this.version = this.kube.version;
    const present = this.readPresent(args);
    this.present = present;
    this.kubeconfig = pulumi.secret(present.kubeconfig);
    this.kubernetes = this.createKubernetesProvider();
    this.registerOutputs({ clusterId: this.clusterId, version: this.version, kubeconfig: this.kubeconfig });
  }

  private createKube(args: MksClusterArgs): ovh.cloudproject.Kube {
    const { serviceName, clusterName, region, version, plan, updatePolicy, privateNetwork } = args;
    return new ovh.cloudproject.Kube(
      `${this.name}-kube`,
      {
        serviceName,
        name: clusterName,
        region,
        version,
        plan: plan ?? "free",
        updatePolicy: updatePolicy ?? "ALWAYS_UPDATE",
        ...(privateNetwork && {
          privateNetworkId: privateNetwork.id,
          nodesSubnetId: privateNetwork.nodesSubnetId,
          loadBalancersSubnetId: privateNetwork.loadBalancersSubnetId,
          ...(privateNetwork.gateway !== undefined && {
            privateNetworkConfiguration: {
              defaultVrackGateway: privateNetwork.gateway,
              privateNetworkRoutingAsDefault: privateNetwork.routingAsDefault ?? false,
            },
          }),
        }),
      },
      { parent: this, protect: args.protected },
    );
  }

  /**
   * The cluster as OVHcloud has it, read at each preview and update. The resource keeps the kubeconfig that it read first, also when OVHcloud has reset
   * it since; and it lets a preview change the plan, or the version to any other, which the update then refuses.
   */
  private readPresent({ serviceName }: MksClusterArgs): pulumi.Output<ovh.cloudproject.GetKubeResult> {
    return ovh.cloudproject.getKubeOutput({ serviceName, kubeId: this.kube.id }, { parent: this });
  }

  private createIpRestrictions({ serviceName }: MksClusterArgs, ips: readonly pulumi.Input<string>[]): ovh.cloudproject.KubeIpRestrictions {
    return new ovh.cloudproject.KubeIpRestrictions(
      `${this.name}-ip-restrictions`,
      { serviceName, kubeId: this.kube.id, ips: [...ips] },
      { parent: this },
    );
  }

  private createOidc({ serviceName }: MksClusterArgs, oidc: OidcArgs): ovh.cloudproject.KubeOidc {
    return new ovh.cloudproject.KubeOidc(
      `${this.name}-oidc`,
      {
        serviceName,
        kubeId: this.kube.id,
        clientId: oidc.clientId,
        issuerUrl: oidc.issuerUrl,
        oidcUsernameClaim: oidc.usernameClaim,
        oidcUsernamePrefix: oidc.usernamePrefix,
        oidcGroupsClaims: oidc.groupsClaims,
        oidcGroupsPrefix: oidc.groupsPrefix,
        oidcRequiredClaims: oidc.requiredClaims,
        oidcSigningAlgs: oidc.signingAlgs,
        oidcCaContent: oidc.caContent,
      },
      { parent: this },
    );
  }

  private createKubernetesProvider(): Provider {
    return new Provider(
      `${this.name}-kubernetes`,
      {
        kubeconfig: this.kubeconfig,
        // A kubeconfig is not an identity: when OVHcloud renews its certificates, nothing in the cluster may be replaced.
        // https://github.com/pulumi/pulumi-kubernetes/issues/4019
        clusterIdentifier: this.kube.id,
        // Pods name them: by default the provider deletes one and makes another, and in between pods fail to start.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
      },
      { parent: this },
    );
  }
}
