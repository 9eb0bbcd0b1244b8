import { bytesFault, isCpu, isPositive } from "../../../common/quantity";
import { variableFault } from "../../../batch/spec/rules";
import type { Fault } from "../../pulumi/faults";
import type { AutoscaledServiceArgs, ScalingArgs, TargetArgs } from "./args";

type Check = (valid: boolean, property: string, value: unknown, rule: string) => void;

const whole = (value: number, least: number, most: number): boolean => Number.isInteger(value) && value >= least && value <= most;

/** All that is wrong with the args of an AutoscaledService. */
export function faultsOf(args: AutoscaledServiceArgs): Fault[] {
  const { serviceName, port, cpu, memory, minReplicas, maxReplicas, targets, scaleUp, scaleDown } = args;
  const faults: Fault[] = [];
  const check: Check = (valid, property, value, rule) => void (valid || faults.push({ property, value, rule }));
  check(
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(serviceName),
    "serviceName",
    serviceName,
    "must have up to 63 lower-case letters, digits and '-', a letter first",
  );
  check(whole(port, 1, 65_535), "port", port, "must be a port, 1 to 65535");
  check(isCpu(cpu), "cpu", cpu, "must be CPUs such as 100m or 2");
  check(bytesFault(memory) === undefined, "memory", memory, "must be memory such as 64Mi");
  // Without any pod no metric would ever bring one back.
  check(whole(minReplicas, 1, 1000), "minReplicas", minReplicas, "must be a whole number from 1 to 1000");
  check(whole(maxReplicas, 1, 1000), "maxReplicas", maxReplicas, "must be a whole number from 1 to 1000");
  check(minReplicas <= maxReplicas, "minReplicas", minReplicas, `must be at most maxReplicas (${maxReplicas})`);
  for (const [name, path] of Object.entries({
    readinessPath: args.readinessPath,
    livenessPath: args.livenessPath,
    metricsPath: args.metricsPath,
  })) {
    check(path === undefined || /^\/\S*$/.test(path), name, path, "must be a path that begins with '/'");
  }
  checkVariables(args, check);
  checkTargets(targets, check);
  checkScaling("scaleUp", scaleUp, check);
  checkScaling("scaleDown", scaleDown, check);
  return faults;
}

function checkVariables({ env = {}, secretEnv = {} }: AutoscaledServiceArgs, check: Check): void {
  for (const [property, variables] of Object.entries({ env, secretEnv })) {
    for (const name of Object.keys(variables)) {
      const fault = variableFault(name);
      check(fault === undefined, `${property}.${name}`, name, `is not valid: ${fault}`);
    }
  }
  for (const name of Object.keys(secretEnv))
    check(!Object.hasOwn(env, name), `env.${name}`, name, "must not be given together with 'secretEnv' of the same name; keep one of them");
}

function checkTargets({ cpuPercent, memoryPercent, custom = [] }: TargetArgs, check: Check): void {
  const count = [cpuPercent, memoryPercent].filter((target) => target !== undefined).length + custom.length;
  check(count > 0, "targets", { cpuPercent, memoryPercent, custom }, "must have cpuPercent, memoryPercent or a custom metric");
  const percent = (property: string, value: number | undefined, most: number, rule: string): void =>
    check(value === undefined || whole(value, 1, most), property, value, rule);
  // Memory is limited to what is requested: pods at 100 % are killed.
  percent("targets.cpuPercent", cpuPercent, 1000, "must be a whole number from 1 to 1000");
  percent("targets.memoryPercent", memoryPercent, 95, "must be a whole number from 1 to 95: a pod at 100 is killed");
  custom.forEach(({ metric, averageValue }, i) => {
    const at = `targets.custom[${i}]`;
    check(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric), `${at}.metric`, metric, "must be the name of a metric such as http_requests");
    check(
      !metric.endsWith("_total"),
      `${at}.metric`,
      metric,
      "must be without _total: counters are served as rates, by the name before it",
    );
    check(isPositive(averageValue), `${at}.averageValue`, averageValue, "must be a Kubernetes quantity above 0, such as 10 or 500m");
    const first = custom.findIndex((other) => other.metric === metric);
    check(first === i, `${at}.metric`, metric, `must be there once, and is targets.custom[${first}] too`);
  });
}

function checkScaling(property: string, scaling: ScalingArgs | undefined, check: Check): void {
  const { stabilizationSeconds, policies } = scaling ?? {};
  check(
    stabilizationSeconds === undefined || whole(stabilizationSeconds, 0, 3600),
    `${property}.stabilizationSeconds`,
    stabilizationSeconds,
    "must be a whole number from 0 to 3600",
  );
  check(
    policies === undefined || policies.length > 0,
    `${property}.policies`,
    policies,
    "must have a policy; leave it out for the cluster's own",
  );
  policies?.forEach(({ value, periodSeconds }, i) => {
    const at = `${property}.policies[${i}]`;
    check(whole(value, 1, 100_000), `${at}.value`, value, "must be a whole number of at least 1");
    check(whole(periodSeconds, 1, 1800), `${at}.periodSeconds`, periodSeconds, "must be a whole number from 1 to 1800");
  });
}
