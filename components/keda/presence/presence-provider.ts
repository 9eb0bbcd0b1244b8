/** The dynamic provider of {@link Presence}. */
import { type dynamic } from "@pulumi/pulumi";
import { KubeClient } from "../../../kubernetes/client";
import { type Metadata, unless } from "../../../kubernetes/cluster";
import { patient } from "../../../kubernetes/connect";
import { parseKubeconfig } from "../../../kubernetes/kubeconfig";
import { managedBy } from "../../kubernetes/pod-security";

export interface Inputs {
  readonly kubeconfig: string;
  readonly installation: "existing" | "install";
}

/** A CustomResourceDefinition, as far as it tells whose it is. */
export type Definition = { readonly metadata: Pick<Metadata, "labels" | "annotations"> };

/** Returns the definition of ScaledJobs, or undefined when there is none. */
export type Find = (kubeconfig: string) => Promise<Definition | undefined>;

const definition = "scaledjobs.keda.sh";

export function createPresenceProvider(find: Find): dynamic.ResourceProvider<Inputs, Inputs> {
  const ensure = async (inputs: Inputs): Promise<Inputs> => {
    const fault = faultOf(inputs.installation, await find(inputs.kubeconfig));
    if (fault) throw new Error(`keda.installation (${inputs.installation}) ${fault}`);
    return inputs;
  };
  return {
    // A new kubeconfig of the same cluster changes nothing.
    diff: (_id, olds, news) => Promise.resolve({ changes: olds.installation !== news.installation }),
    create: async (inputs) => ({ id: "keda.sh", outs: await ensure(inputs) }),
    update: async (_id, _olds, news) => ({ outs: await ensure(news) }),
  };
}

function faultOf(wanted: Inputs["installation"], found: Definition | undefined): string | undefined {
  const [label, value] = Object.entries(managedBy)[0]!;
  const isOurs = found?.metadata.labels?.[label] === value;
  if (wanted === "install" && found && !isOurs) return `must be existing: the cluster has a KEDA already${ownerOf(found)}`;
  if (wanted === "existing" && !found) return `must be install: the cluster has no KEDA (no CustomResourceDefinition ${definition})`;
  if (wanted === "existing" && isOurs) return "must stay install: the cluster's only KEDA is this program's own";
  return undefined;
}

/** What the definition says of who installed it: Helm tells its release. */
function ownerOf({ metadata: { labels = {}, annotations = {} } }: Definition): string {
  const owner = labels["app.kubernetes.io/managed-by"];
  const release = annotations["meta.helm.sh/release-name"];
  const namespace = annotations["meta.helm.sh/release-namespace"];
  if (release !== undefined) return `, Helm's release ${[namespace, release].filter(Boolean).join("/")}`;
  return owner === undefined ? ` (CustomResourceDefinition ${definition})` : `, installed by ${owner}`;
}

const find: Find = (kubeconfig) => {
  const client = new KubeClient(parseKubeconfig(kubeconfig), patient);
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition}`;
  return unless([404], client.call<Definition>({ method: "GET", path })).finally(() => client.close());
};

export const presence = createPresenceProvider(find);
