/** The dynamic provider of {@link CleanUp}. */
import { type dynamic } from "@pulumi/pulumi";
import { poll } from "../../../common/poll";
import { isKarpenterTemplate } from "../../../common/provisioner";
import { type Metadata, unless } from "../../../kubernetes/cluster";
import { createOnDeletionProvider, type Inputs, type ObjectStore, openObjects } from "../../pulumi/on-deletion-provider";
import { credentialsSecret } from "../node-pool/credentials";

/** `owned`: NodePools and NodeClaims; `pools`: OVHcloud's node pools that Karpenter has made; `classes`: OVHNodeClasses; `nodes`: those with Karpenter's finalizer. */
export const kinds = ["owned", "pools", "classes", "nodes"] as const;
export type Kind = (typeof kinds)[number];

export interface Objects extends ObjectStore {
  list(kind: Kind): Promise<readonly string[]>;
  /** When Karpenter last renewed its Lease: another text each time. */
  heartbeat(): Promise<string | undefined>;
}

/** Times in milliseconds. */
export interface Patience {
  /** For Karpenter, to empty and remove all of its nodes. */
  readonly karpenter: number;
  /** For a Karpenter that does not renew its Lease: then it does not run. */
  readonly silence: number;
  /** For OVHcloud, to delete the pools that are left. */
  readonly pools: number;
  readonly pause: number;
}

/** OVHcloud drains a node for 10 minutes at most. A Lease that is not renewed for 15 s is another's to take: after three times as long nobody is there. */
const usual: Patience = { karpenter: 600_000, silence: 45_000, pools: 900_000, pause: 2_000 };

export const createCleanUpProvider = (open: (kubeconfig: string) => Objects, patience = usual): dynamic.ResourceProvider<Inputs, Inputs> =>
  createOnDeletionProvider("karpenter.sh", open, (objects) => cleanUp(objects, patience));

/**
 * Karpenter gets its time to remove all nodes: it drains them, and knows which are paid. Whatever it leaves, because it does not run or its credentials are
 * refused, goes with OVHcloud's pools, which the cluster itself can delete. Finalizers are taken off only when nothing is left that is paid.
 */
async function cleanUp(objects: Objects, patience: Patience): Promise<void> {
  const { pools, pause } = patience;
  await deleteAll(objects, "owned");
  await emptied(objects, patience);
  await deleteAll(objects, "pools");
  const left = await gone(objects, "pools", { timeout: pools, pause });
  if (left.length > 0) {
    const names = left.map((path) => path.split("/").pop()).join(", ");
    throw new Error(`Karpenter's node pools are still there, and paid: ${names}. Delete them in OVHcloud's control panel and try again.`);
  }
  await deleteAll(objects, "classes");
  for (const kind of ["owned", "classes", "nodes"] as const) for (const path of await objects.list(kind)) await objects.release(path);
}

/** Waits until Karpenter has removed all that it owns; no longer than it is there and takes. */
async function emptied(objects: Objects, { karpenter, silence, pause }: Patience): Promise<void> {
  let beat: string | undefined;
  let heard = Date.now();
  const look = async (): Promise<true | undefined> => {
    if ((await objects.list("owned")).length === 0) return true;
    const latest = await objects.heartbeat();
    if (latest !== beat) [beat, heard] = [latest, Date.now()];
    return Date.now() - heard >= silence || undefined;
  };
  await poll(look, { timeout: karpenter, pause, overdue: () => true });
}

async function deleteAll(objects: Objects, kind: Kind): Promise<void> {
  for (const path of await objects.list(kind)) await objects.delete(path);
}

/** Waits until there is none of a kind. Returns those that are left. */
const gone = (objects: Objects, kind: Kind, times: { timeout: number; pause: number }): Promise<readonly string[]> =>
  poll(async () => ((await objects.list(kind)).length === 0 ? [] : undefined), { ...times, overdue: () => objects.list(kind) });

const finalizer = "karpenter.sh/termination";

interface Listed {
  readonly metadata: Metadata;
  readonly spec?: { readonly template?: Parameters<typeof isKarpenterTemplate>[0] };
}

const sources: Readonly<Record<Kind, readonly { readonly path: string; readonly is?: (object: Listed) => boolean }[]>> = {
  owned: [{ path: "/apis/karpenter.sh/v1/nodepools" }, { path: "/apis/karpenter.sh/v1/nodeclaims" }],
  pools: [{ path: "/apis/kube.cloud.ovh.com/v1alpha1/nodepools", is: ({ spec }) => isKarpenterTemplate(spec?.template) }],
  classes: [{ path: "/apis/karpenter.ovhcloud.sh/v1alpha1/ovhnodeclasses" }],
  nodes: [{ path: "/api/v1/nodes", is: ({ metadata }) => metadata.finalizers?.includes(finalizer) ?? false }],
};

/** Of the leader among Karpenter's pods. */
const lease = `/apis/coordination.k8s.io/v1/namespaces/${credentialsSecret.namespace}/leases/karpenter-leader-election`;

function open(kubeconfig: string): Objects {
  const { client, objects } = openObjects(kubeconfig);
  return {
    ...objects,
    async list(kind) {
      const lists = sources[kind].map(({ path, is = () => true }) => {
        const pick = (object: Listed): string | undefined => (is(object) ? `${path}/${object.metadata.name}` : undefined);
        // Where somebody has deleted the definition, there is nothing left of it.
        return unless([404], client.list(path, pick));
      });
      return (await Promise.all(lists)).flatMap((listed) => listed?.items ?? []);
    },
    async heartbeat() {
      const found = await unless([404], client.call<{ readonly spec: { readonly renewTime?: string } }>({ method: "GET", path: lease }));
      return found?.spec.renewTime;
    },
  };
}

export const cleanUpProvider = createCleanUpProvider(open);
