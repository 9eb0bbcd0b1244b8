import * as pulumi from "@pulumi/pulumi";

/** One thing that is wrong with a component's args. */
export interface Fault {
  /** Path of the property, e.g. `minNodes`. */
  readonly property: string;
  readonly value: unknown;
  /** The rule that the value breaks, e.g. `must be at most maxNodes (3)`. */
  readonly rule: string;
}

/** Throws all faults of a component's args as one error, shown without a stack trace beside the component. Does nothing without any. */
export function throwFaults(component: pulumi.ComponentResource, name: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const lines = faults.map(({ property, value, rule }) => `  - ${property} (${JSON.stringify(value)}) ${rule}`);
  throw new pulumi.ResourceError([`${name}: its args are not valid:`, ...lines].join("\n"), component, true);
}
