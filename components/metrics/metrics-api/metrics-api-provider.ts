/** The dynamic provider of {@link MetricsApi}. */
import { type dynamic } from "@pulumi/pulumi";
import { KubeClient } from "../../../kubernetes/client";
import { unless } from "../../../kubernetes/cluster";
import { patient } from "../../../kubernetes/connect";
import { parseKubeconfig } from "../../../kubernetes/kubeconfig";
import { managedBy } from "../../kubernetes/pod-security";

export interface Inputs {
  readonly kubeconfig: string;
  readonly metricsServer: "existing" | "install";
}

/** What the cluster's list of APIs says of the one for resource metrics. */
export interface ApiService {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly service?: { readonly name: string; readonly namespace: string } };
}

/** Answers undefined when there is none. */
export type Find = (kubeconfig: string) => Promise<ApiService | undefined>;

export function createMetricsApiProvider(find: Find): dynamic.ResourceProvider<Inputs, Inputs> {
  const ensure = async (inputs: Inputs): Promise<Inputs> => {
    const fault = faultOf(inputs.metricsServer, await find(inputs.kubeconfig));
    if (fault) throw new Error(`metrics.metricsServer (${inputs.metricsServer}) ${fault}`);
    return inputs;
  };
  return {
    // A new kubeconfig of the same cluster changes nothing.
    diff: (_id, olds, news) => Promise.resolve({ changes: olds.metricsServer !== news.metricsServer }),
    create: async (inputs) => ({ id: "metrics.k8s.io", outs: await ensure(inputs) }),
    update: async (_id, _olds, news) => ({ outs: await ensure(news) }),
  };
}

function faultOf(wanted: Inputs["metricsServer"], found: ApiService | undefined): string | undefined {
  const [label, value] = Object.entries(managedBy)[0]!;
  const isOurs = found?.metadata.labels?.[label] === value;
  const { namespace, name } = found?.spec.service ?? { namespace: "", name: "unknown" };
  if (wanted === "install" && found && !isOurs) return `must be existing: the cluster has a metrics-server already, ${namespace}/${name}`;
  if (wanted === "existing" && !found) return "must be install: the cluster has no metrics-server";
  if (wanted === "existing" && isOurs)
    return `must stay install: the cluster's only metrics-server, ${namespace}/${name}, is this program's own`;
  return undefined;
}

const find: Find = (kubeconfig) => {
  const client = new KubeClient(parseKubeconfig(kubeconfig), patient);
  const path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io";
  return unless([404], client.call<ApiService>({ method: "GET", path })).finally(() => client.close());
};

export const metricsApi = createMetricsApiProvider(find);
