import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { s3SecretName } from "../../batch/spec/secrets";
import { type Controller, createController, port, portName } from "../kubernetes/controller";
import { isolate } from "../kubernetes/isolate";
import { metadataOf, type OperatorPlaceArgs } from "../kubernetes/operator";
import type { BucketArgs } from "../namespace";
import { clusterRules, karpenterRules, namespaceRules } from "./rbac";

/** The batch controller (controller/), on the system pool: it records and finishes the batch Jobs of one namespace, from another one beside it. */

/** Name of its objects. */
const app = "batch-controller";

const notificationsFolder = "/etc/batch-controller-notifications";
/** Key of the Secret, and name of the file. */
const notificationsKey = "notifications.json";

export interface BatchControllerArgs extends OperatorPlaceArgs {
  /** Namespace of the batch Jobs, which must be there. */
  readonly namespace: pulumi.Input<string>;
  /** Namespace that it runs in, which must be there and have the bucket and the operators' keys in the Secret `s3-credentials`. */
  readonly operatorNamespace: pulumi.Input<string>;
  /** What that Secret holds: the pods, which read it once, restart when it changes. */
  readonly bucket: Pick<BucketArgs, "name" | "endpoint" | "region" | "operatorCredentials">;
  /** Who is notified of the end of Jobs, addresses and tokens included; a Secret holds it. @default nobody */
  readonly notifications?: pulumi.Input<object>;
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
  /** Karpenter is in the cluster, and so there may be Jobs on its node pools. @default false */
  readonly karpenter?: boolean;
}

export class BatchController extends pulumi.ComponentResource {
  readonly notificationsSecret?: core.Secret;
  readonly network: NetworkPolicy;
  readonly controller: Controller;

  constructor(
    private readonly name: string,
    args: BatchControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:controller:BatchController", name, {}, opts);
    const { operatorNamespace: namespace, notifications, bucket } = args;
    const metadata = metadataOf({ app, namespace });
    if (notifications) this.notificationsSecret = this.createNotificationsSecret(notifications, metadata);
    this.network = isolate(this, `${name}-network`, { metadata, scrapedFrom: args.scrapedFrom, port: portName });
    const secretName = this.notificationsSecret?.metadata.name;
    this.controller = createController(this, name, {
      ...args,
      app,
      namespace,
      config: pulumi.jsonStringify(configOf(args), undefined, 2),
      readOnce: [notifications, bucket],
      clusterRole: { name: "ovh-mks-batch-controller", rules: [...clusterRules, ...(args.karpenter ? karpenterRules : [])] },
      role: { namespace: args.namespace, rules: namespaceRules },
      environment: s3SecretName,
      files: secretName && { volume: "notifications", secretName, folder: notificationsFolder },
      memory: { request: "150Mi", limit: "400Mi" },
    });
    this.registerOutputs({});
  }

  private createNotificationsSecret(notifications: pulumi.Input<object>, metadata: input.meta.v1.ObjectMeta): core.Secret {
    return new core.Secret(
      `${this.name}-notifications`,
      {
        metadata: { ...metadata, name: "batch-controller-notifications" },
        stringData: { [notificationsKey]: pulumi.secret(pulumi.jsonStringify(notifications)) },
      },
      { parent: this },
    );
  }
}

/** The controller's configuration file (docs/batch-controller.md); JSON is YAML. */
const configOf = ({ namespace, notifications }: BatchControllerArgs) => ({
  namespace,
  httpPort: port,
  logLevel: "info",
  ...(notifications && { notificationsFile: `${notificationsFolder}/${notificationsKey}` }),
});
