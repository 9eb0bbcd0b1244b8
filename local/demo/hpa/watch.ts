import { poll } from "../../../common/poll";
import { parseQuantity } from "../../../common/quantity";
import { plural } from "../../../common/text";
import { UserError } from "../../lib/errors";
import type { Kubectl } from "../kubectl";

/** How a service and its HorizontalPodAutoscaler stand at one moment. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  /** Pods that the HPA wants. */
  readonly desired: number;
  /** Pods that there are. */
  readonly replicas: number;
  /** What a pod has on average of the metric that the HPA goes by: a number, or percent of the CPU; undefined until it is known. */
  readonly perPod: number | undefined;
}

/** Milliseconds between two samples. */
const interval = 1_000;

interface Hpa {
  readonly status: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?: readonly {
      readonly pods?: { readonly current: { readonly averageValue?: string } };
      readonly resource?: { readonly current: { readonly averageUtilization?: number } };
    }[];
  };
}

/** What a metric has, to a thousandth. */
export function amountOf(text: string): number {
  const quantity = parseQuantity(text);
  if (!quantity) throw new Error(`${JSON.stringify(text)} is not a quantity that a metric has`);
  return quantity.milliValue / 1000;
}

export function sampleOf({ status }: Hpa, at: number): Sample {
  const [metric] = status.currentMetrics ?? [];
  const value = metric?.pods?.current.averageValue;
  return {
    at,
    desired: status.desiredReplicas ?? 0,
    replicas: status.currentReplicas ?? 0,
    perPod: value === undefined ? metric?.resource?.current.averageUtilization : amountOf(value),
  };
}

/** Looks at the HorizontalPodAutoscaler of a service until `done`. @throws {UserError} after `timeout` milliseconds */
export async function watchHpa(
  kubectl: Kubectl,
  service: string,
  done: (sample: Sample) => boolean,
  { start = Date.now(), timeout, onSample }: { start?: number; timeout: number; onSample: (sample: Sample) => void | Promise<void> },
): Promise<void> {
  let replicas = 0;
  const look = async (): Promise<true | undefined> => {
    const hpa = JSON.parse(await kubectl(["--namespace", "services", "get", "hpa", service, "--output", "json"])) as Hpa;
    const sample = sampleOf(hpa, (Date.now() - start) / 1000);
    await onSample(sample);
    replicas = sample.replicas;
    return done(sample) || undefined;
  };
  const overdue = async (): Promise<never> => {
    throw new UserError(
      `${service} has ${plural(replicas, "pod")} after ${timeout / 1000} s, which is not what was waited for.\n` +
        (await kubectl(["--namespace", "services", "describe", "hpa", service])),
    );
  };
  await poll(look, { timeout, pause: interval, overdue });
}

/** Requests a second of all pods of a service together, as the HPA is told of them. */
export async function totalRequests(kubectl: Kubectl, service: string): Promise<number> {
  const selector = encodeURIComponent(`app.kubernetes.io/name=${service}`);
  const path = `/apis/custom.metrics.k8s.io/v1beta1/namespaces/services/pods/*/http_requests?labelSelector=${selector}`;
  const { items } = JSON.parse(await kubectl(["get", "--raw", path])) as { items: readonly { readonly value: string }[] };
  return items.reduce((sum, { value }) => sum + amountOf(value), 0);
}

/** Waits until the HPA knows its metric: Prometheus has to scrape twice, the adapter to find the metric. */
export const untilMeasured = (kubectl: Kubectl, service: string, timeout = 180_000): Promise<void> =>
  watchHpa(kubectl, service, ({ perPod }) => perPod !== undefined, { timeout, onSample: () => undefined });
