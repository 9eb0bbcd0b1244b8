import { isMonthlyFlavor, monthlyRule } from "../../../common/monthly";
import { nodesOfPlan } from "../../../common/plans";
import { bytesFault, isCpu } from "../../../common/quantity";
import { cronFault } from "../../../common/cron";
import { regionFacts } from "../../../common/regions";
import type { Fault } from "../../pulumi/faults";
import type { DisruptionBudgetArgs, KarpenterNodePoolArgs } from "./args";

const longestName = 40;

/** The args of a node pool as far as these rules look at them. */
export type Checked = Omit<KarpenterNodePoolArgs, "serviceName" | "clusterId">;

/**
 * What is wrong with a node pool, against what its region and plan have: all of it at once. Whether the region offers the flavors is OVHcloud's to tell
 * (stacks/flavors.ts).
 */
export function faultsOf(args: Checked): Fault[] {
  const faults: Fault[] = [];
  const check = (valid: boolean, property: string, value: unknown, rule: string): void =>
    void (valid || faults.push({ property, value, rule }));
  const { poolName, flavors, families, weight, expireAfterHours, terminationGracePeriodSeconds } = args;
  check(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(poolName) && poolName.length <= longestName,
    "poolName",
    poolName,
    `must have up to ${longestName} lower-case letters, digits and '-', a letter or digit at both ends`,
  );
  check(flavors === undefined || flavors.length > 0, "flavors", flavors, "must name a flavor, or be left out for all of the region");
  check(
    families === undefined || (families.length > 0 && families.every((one) => familyOf(one) === one)),
    "families",
    families,
    "must be families of flavors such as b3, c3 or r3",
  );
  const other = flavors?.find((flavor) => families?.length && !families.includes(familyOf(flavor)));
  check(other === undefined, "flavors", flavors, `must be of families (${families?.join(", ")}), or one of the two be left out`);
  check(weight === undefined || isWhole(weight, 1, 100), "weight", weight, "must be a whole number from 1 to 100");
  check(
    expireAfterHours === undefined || isWhole(expireAfterHours, 1),
    "expireAfterHours",
    expireAfterHours,
    "must be a whole number of hours, at least 1",
  );
  check(
    terminationGracePeriodSeconds === undefined || isWhole(terminationGracePeriodSeconds, 0),
    "terminationGracePeriodSeconds",
    terminationGracePeriodSeconds,
    "must be a whole number of seconds",
  );
  return [
    ...faults,
    ...sizeFaults(args),
    ...zoneFaults(args),
    ...monthlyFaults(args),
    ...limitFaults(args),
    ...labelFaults(args),
    ...disruptionFaults(args),
  ];
}

/** Family of a flavor, e.g. `b3` of `b3-8`. */
const familyOf = (flavor: string): string => /^[a-z]+\d*/.exec(flavor)?.[0] ?? "";

const isWhole = (value: number, least: number, most = Infinity): boolean => Number.isInteger(value) && value >= least && value <= most;

function sizeFaults({ size = {} }: Checked): Fault[] {
  const faults = Object.entries(size)
    .filter(([, value]) => value !== undefined && !isWhole(value as number, 1))
    .map(([name, value]): Fault => ({ property: `size.${name}`, value, rule: "must be a whole number, at least 1" }));
  const { minCpu = 1, maxCpu = Infinity, minMemoryGb = 1, maxMemoryGb = Infinity } = size;
  if (minCpu > maxCpu) faults.push({ property: "size.minCpu", value: minCpu, rule: `must be at most maxCpu (${maxCpu})` });
  if (minMemoryGb > maxMemoryGb)
    faults.push({ property: "size.minMemoryGb", value: minMemoryGb, rule: `must be at most maxMemoryGb (${maxMemoryGb})` });
  return faults;
}

function zoneFaults({ region, zones }: Checked): Fault[] {
  const there = regionFacts(region)?.zones;
  if (zones === undefined) return [];
  const fault = (rule: string): Fault[] => [{ property: "zones", value: zones, rule }];
  if (zones.length === 0) return fault("must name a zone, or be left out for all of the region");
  if (there === undefined) return [];
  if (there.length === 0) return fault(`must not be set in ${region}, which has one zone`);
  return zones.every((zone) => there.includes(zone)) ? [] : fault(`must be among ${there.join(", ")}`);
}

function monthlyFaults({ region, monthlyBilled = false, flavors }: Checked): Fault[] {
  if (!monthlyBilled) return [];
  const fault = (rule: string): Fault[] => [{ property: "monthlyBilled", value: monthlyBilled, rule }];
  if ((regionFacts(region)?.zones.length ?? 0) > 0)
    return fault(`must be false in ${region}: only flavors of the generation 2 are billed by the month, and it has none`);
  if (!flavors?.length) return fault("must be false unless flavors names those to choose from: only b2, c2 and r2 are billed by the month");
  return flavors.filter((flavor) => !isMonthlyFlavor(flavor)).flatMap((flavor) => fault(monthlyRule(flavor)));
}

/** Karpenter keeps labels of its own domain to itself, and OVHcloud the pool's name. */
const isReserved = (label: string): boolean =>
  /^([^/]+\.)?karpenter\.sh\//.test(label) || ["kubernetes.io/hostname", "nodepool"].includes(label);

function labelFaults({ labels = {} }: Checked): Fault[] {
  return Object.entries(labels)
    .filter(([label]) => isReserved(label))
    .map(([label, value]) => ({ property: `labels.${label}`, value, rule: "must not be set: Karpenter or OVHcloud sets it" }));
}

function limitFaults({ limits = {}, plan = "free" }: Checked): Fault[] {
  const { cpu, memory, nodes } = limits;
  const faults: Fault[] = [];
  if (cpu !== undefined && !isCpu(cpu)) faults.push({ property: "limits.cpu", value: cpu, rule: "must be CPUs such as 100" });
  const memoryFault = memory === undefined ? undefined : bytesFault(memory);
  if (memoryFault !== undefined) faults.push({ property: "limits.memory", value: memory, rule: memoryFault });
  const most = nodesOfPlan[plan];
  if (nodes !== undefined && !isWhole(nodes, 1, most))
    faults.push({
      property: "limits.nodes",
      value: nodes,
      rule: `must be from 1 to ${most}, the nodes of a cluster with the ${plan} plan`,
    });
  return faults;
}

function disruptionFaults({ disruption = {} }: Checked): Fault[] {
  const { consolidateAfterSeconds: after, budgets } = disruption;
  const faults: Fault[] = [];
  if (after !== undefined && after !== "never" && !isWhole(after, 0, 86_400))
    faults.push({
      property: "disruption.consolidateAfterSeconds",
      value: after,
      rule: "must be a whole number of seconds up to 86400, or never",
    });
  return [...faults, ...(budgets ?? []).flatMap((budget, n) => budgetFaults(budget, `disruption.budgets.${n}`))];
}

function budgetFaults({ nodes, schedule, durationMinutes }: DisruptionBudgetArgs, path: string): Fault[] {
  const faults: Fault[] = [];
  if (!/^((100|[0-9]{1,2})%|[0-9]+)$/.test(nodes))
    faults.push({ property: `${path}.nodes`, value: nodes, rule: "must be a number of nodes such as 5, or a share such as 10%" });
  if ((schedule === undefined) !== (durationMinutes === undefined))
    faults.push({ property: `${path}.schedule`, value: schedule, rule: "must be set with durationMinutes, or neither" });
  const wrong = schedule === undefined ? undefined : cronFault(schedule);
  if (wrong !== undefined) faults.push({ property: `${path}.schedule`, value: schedule, rule: wrong });
  if (durationMinutes !== undefined && !isWhole(durationMinutes, 1))
    faults.push({ property: `${path}.durationMinutes`, value: durationMinutes, rule: "must be a whole number of minutes, at least 1" });
  return faults;
}
