/** The dynamic provider of {@link ScaledResources}. */
import { type dynamic } from "@pulumi/pulumi";
import { poll } from "../../../common/poll";
import { type Metadata, unless } from "../../../kubernetes/cluster";
import { createOnDeletionProvider, type Inputs, type ObjectStore, openObjects } from "../../pulumi/on-deletion-provider";

/** Objects of KEDA's kinds, by their paths in the Kubernetes API. */
export interface Objects extends ObjectStore {
  list(): Promise<readonly string[]>;
}

/** Milliseconds that the operator gets to let go of the objects, which takes it less than one; then nobody else will. */
const patience = 20_000;

export function createScaledResourcesProvider(
  open: (kubeconfig: string) => Objects,
  timeout = patience,
): dynamic.ResourceProvider<Inputs, Inputs> {
  return createOnDeletionProvider("keda.sh", open, async (objects) => {
    for (const path of await objects.list()) await objects.delete(path);
    const rest = await poll(async () => ((await objects.list()).length === 0 ? [] : undefined), {
      timeout,
      pause: 500,
      overdue: () => objects.list(),
    });
    for (const path of rest) await objects.release(path);
  });
}

const kinds = {
  "keda.sh": ["scaledjobs", "scaledobjects", "triggerauthentications", "clustertriggerauthentications"],
  "eventing.keda.sh": ["cloudeventsources", "clustercloudeventsources"],
};

function open(kubeconfig: string): Objects {
  const { client, objects } = openObjects(kubeconfig);
  const list = async (group: string, kind: string): Promise<readonly string[]> => {
    const api = `/apis/${group}/v1alpha1`;
    const pathOf = ({ metadata: { namespace, name } }: { metadata: Metadata }): string =>
      [api, ...(namespace === undefined ? [] : ["namespaces", namespace]), kind, name].join("/");
    // Where somebody has deleted the definition, there is nothing left of it.
    return (await unless([404], client.list(`${api}/${kind}`, pathOf)))?.items ?? [];
  };
  const all = Object.entries(kinds).flatMap(([group, names]) => names.map((name) => [group, name] as const));
  return {
    ...objects,
    list: async () => (await Promise.all(all.map(([group, kind]) => list(group, kind)))).flat(),
  };
}

export const scaledResources = createScaledResourcesProvider(open);
