import { isDeepStrictEqual } from "node:util";
import { dedicatedTaint } from "../../common/dedicated";
import { type PoolFacts } from "../cost";
import { type Parameters } from "../spec";

/** Tolerations for the taints that the Job's pool has: who names a pool wants the tasks to run there. */
export function tolerating(
  { tolerations }: Pick<Parameters, "tolerations">,
  { taints = [] }: Pick<PoolFacts, "taints">,
): Pick<Parameters, "tolerations"> {
  const pool = taints
    .filter(({ key }) => key !== dedicatedTaint)
    .map(({ key, value, effect }) => ({ key, operator: "Equal" as const, ...(value && { value }), effect }));
  return { tolerations: [...tolerations, ...pool.filter((one) => !tolerations.some((own) => isDeepStrictEqual(own, one)))] };
}
