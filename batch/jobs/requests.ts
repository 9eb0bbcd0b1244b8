/** What a pod of a Job asks of its node. */
import { parseQuantity } from "../../common/quantity";
import { type PodSpec } from "../../kubernetes/cluster";
import { type Amounts, gpuResource } from "../cost";
import { bytesOf } from "../records/plan";
import { type Parameters } from "../spec";
import { diskOf } from "./manifest/pod";

/** @param memory of the pods, where it is not the `memory` parameter */
export const requestsOf = (parameters: Parameters, memory = parameters.memory): Amounts => ({
  cpu: amountOf(parameters.cpu),
  memory: bytesOf(memory),
  "ephemeral-storage": bytesOf(diskOf(parameters)),
  [gpuResource]: parameters.gpu,
  ...parameters.extendedResources,
});

/** The same, read from a pod's or a template's spec. */
export function requestsIn(spec: PodSpec | undefined): Amounts {
  const sum: Record<string, number> = {};
  for (const { resources: { limits, requests } = {} } of spec?.containers ?? [])
    for (const [resource, quantity] of Object.entries({ ...limits, ...requests }))
      sum[resource] = (sum[resource] ?? 0) + amountOf(quantity);
  return sum;
}

const amountOf = (quantity: string): number => (parseQuantity(quantity)?.milliValue ?? 0) / 1000;
