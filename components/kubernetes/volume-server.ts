import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { atLeast, bytesFault } from "../../common/quantity";
import type { Fault } from "../pulumi/faults";
import { openPort } from "./open-port";
import { onPool, type PlaceArgs, podSecurity } from "./pod";
import { managedBy } from "./pod-security";
import { pulledWith } from "./pull-secret";

/** What PostgreSQL and Kafka are to the cluster, for small use: a server of one pod that keeps its data on a volume, and what its clients need. */

/** What a user chooses of such a server. */
export interface VolumeServerPlaceArgs extends PlaceArgs {
  /** Namespaces, which must be there, whose pods connect. */
  readonly clientNamespaces: readonly pulumi.Input<string>[];
  /** Further namespaces whose pods may connect, such as KEDA's. @default none */
  readonly reachableFrom?: readonly string[];
  readonly volume: {
    /** e.g. `10Gi`. It can grow later, and not shrink. */
    readonly size: string;
    /** Counts when the volume is made; a later change does nothing. @default the cluster's default storage class */
    readonly className?: string;
  };
  /** Refuse to delete the volume, and keep it if its resource is removed all the same. @default false */
  readonly protected?: boolean;
}

export interface VolumeServerArgs extends VolumeServerPlaceArgs {
  /** Name of its objects, and of its port. */
  readonly app: string;
  readonly port: { readonly name: string; readonly number: number };
  /** The pod, and what of the template changes with what it reads at its start. */
  readonly pod: (made: { readonly claimName: pulumi.Output<string>; readonly host: pulumi.Output<string> }) => {
    readonly spec: input.core.v1.PodSpec;
    readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  };
}

export interface VolumeServer {
  /** Full name in the cluster. */
  readonly host: pulumi.Output<string>;
  readonly claim: core.PersistentVolumeClaim;
  readonly service: core.Service;
  readonly network: NetworkPolicy;
  readonly statefulSet: apps.StatefulSet;
  readonly disruptionBudget: policy.PodDisruptionBudget;
}

/** @param app value of the label by which the objects, or other pods of the server's image, are found @param name of the object */
export const metadataOf = (app: string, namespace: pulumi.Input<string>, name: string): input.meta.v1.ObjectMeta => ({
  name,
  namespace,
  labels: { ...managedBy, "app.kubernetes.io/name": app },
});

/** @param resource the beginning of the names that Pulumi has for its resources */
export function createVolumeServer(parent: pulumi.Resource, resource: string, args: VolumeServerArgs): VolumeServer {
  const { app, namespace, port, pod } = args;
  const metadata = metadataOf(app, namespace, app);
  const matchLabels = { "app.kubernetes.io/name": app };
  const claim = createClaim(parent, `${resource}-claim`, metadata, args);
  const ports = [{ name: port.name, port: port.number, targetPort: port.name }];
  const service = new core.Service(`${resource}-service`, { metadata, spec: { selector: matchLabels, ports } }, { parent });
  // Not by the Service's outputs: Pulumi takes that for ready when its pod is, which would wait for it.
  const host = pulumi.interpolate`${app}.${namespace}.svc.cluster.local`;
  const network = openPort(parent, `${resource}-network`, { metadata, labels: matchLabels, port: port.name, from: peers(args) });
  const { spec, annotations } = pod({ claimName: claim.metadata.name, host });
  const statefulSet = new apps.StatefulSet(
    `${resource}-stateful-set`,
    {
      metadata,
      spec: {
        replicas: 1,
        serviceName: app,
        selector: { matchLabels },
        template: { metadata: { labels: metadata.labels, ...(annotations && { annotations }) }, spec },
      },
    },
    { parent },
  );
  // Nobody drains its node by the way: each move is an outage. OVHcloud goes ahead after 10 minutes when it must.
  const disruptionBudget = new policy.PodDisruptionBudget(
    `${resource}-disruption-budget`,
    { metadata, spec: { minAvailable: 1, selector: { matchLabels } } },
    { parent },
  );
  return { host, claim, service, network, statefulSet, disruptionBudget };
}

function createClaim(
  parent: pulumi.Resource,
  resource: string,
  metadata: input.meta.v1.ObjectMeta,
  { volume: { size, className }, protected: isProtected }: VolumeServerPlaceArgs,
): core.PersistentVolumeClaim {
  return new core.PersistentVolumeClaim(
    resource,
    {
      metadata,
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: size } },
        ...(className !== undefined && { storageClassName: className }),
      },
    },
    // Another class would mean another claim, which cannot be made before this one is gone, and with it the data.
    { parent, protect: isProtected, retainOnDelete: isProtected, ignoreChanges: ["spec.storageClassName"] },
  );
}

/** Pods of its own namespace, such as those of backups, of the clients', and of those that are let in besides. */
function peers({ clientNamespaces, reachableFrom = [] }: VolumeServerPlaceArgs): input.networking.v1.NetworkPolicyPeer[] {
  const named = [...clientNamespaces, ...reachableFrom].map((namespace) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  }));
  return [{ podSelector: {} }, ...named];
}

/** What all pods of a server's image have: the restricted Pod Security Standard, nothing writable but volumes, no token of the cluster. */
export function volumePod(args: Pick<PlaceArgs, "pool" | "poolTaints" | "imagePullSecrets">): Omit<input.core.v1.PodSpec, "containers"> {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...onPool(args),
    ...pulledWith(args.imagePullSecrets),
    // Rights are set once, for an empty volume: later, PostgreSQL would refuse its data if a group could read them.
    securityContext: { ...podSecurity, fsGroup: podSecurity.runAsGroup, fsGroupChangePolicy: "OnRootMismatch" },
  };
}

/** What is wrong with the size of such a server. @param least memory with which it runs @param example of more */
export function sizeFaults(
  { memory, volume }: { memory: string } & Pick<VolumeServerPlaceArgs, "volume">,
  least: string,
  example: string,
): Fault[] {
  const faults: Fault[] = [];
  if (bytesFault(memory) !== undefined || !atLeast(memory, least))
    faults.push({ property: "memory", value: memory, rule: `must be memory of at least ${least}, such as ${example}` });
  if (bytesFault(volume.size) !== undefined)
    faults.push({ property: "volume.size", value: volume.size, rule: "must be a size such as 10Gi" });
  return faults;
}
