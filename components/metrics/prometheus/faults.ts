import type { Fault } from "../../pulumi/faults";
import { atLeast, bytesFault } from "../../../common/quantity";
import type { PrometheusArgs } from "./args";
import { leastMemory } from "./pod";

/** What is wrong with the args of a Prometheus. */
export function faultsOf({ memory, storage, alertmanagerUrl }: PrometheusArgs): Fault[] {
  const faults: Fault[] = [];
  if (bytesFault(memory) !== undefined || !atLeast(memory, leastMemory))
    faults.push({ property: "memory", value: memory, rule: `must be memory of at least ${leastMemory}, such as 1Gi` });
  if (storage && bytesFault(storage.size) !== undefined)
    faults.push({ property: "storage.size", value: storage.size, rule: "must be a size such as 20Gi" });
  // The file that it goes into is no Secret, and neither is this message.
  if (alertmanagerUrl !== undefined && !/^https?:\/\/[^\s@?#]+$/.test(alertmanagerUrl)) {
    const value = alertmanagerUrl.replace(/[^/]*@/, "…@").replace(/\?.*/, "?…");
    faults.push({ property: "alertmanagerUrl", value, rule: "must be an http or https URL without a password and parameters" });
  }
  return faults;
}
