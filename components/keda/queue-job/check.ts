/** Checks the args of a queue: what is known at once, before anything is created, and the rest once it is known. */
import * as pulumi from "@pulumi/pulumi";
import { parseQueue, type QueueParameters } from "../../../batch/spec/queue";
import { unknownAt, unknownValue } from "../../batch/values";
import { secretFault, secretPaths } from "../../pulumi/secrets";

/** A value with what is not known yet replaced by a mark. */
function known(value: unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return unknownValue;
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)]));
}

const messageOf = (name: string, lines: readonly string[]): string =>
  [`${name}: its args are not valid:`, ...lines.map((line) => `  - ${line}`)].join("\n");

/** @throws {pulumi.ResourceError} with all faults of what is known */
export function checkKnown(component: pulumi.ComponentResource, name: string, args: object): void {
  const values = known(args);
  const faults = (parseQueue(values).faults ?? []).filter(({ path }) => !unknownAt(values, path));
  const lines = faults.map(({ property, reason }) => `${property}: ${reason}`);
  if (lines.length > 0) throw new pulumi.ResourceError(messageOf(name, lines), component, true);
}

/** The parameters with all defaults. @throws in the output as {@link queueOf} does */
export function parametersOf(name: string, args: object): pulumi.Output<QueueParameters> {
  return pulumi.all([args, secretPaths(args)] as const).apply(([values, secrets = []]) => queueOf(name, values, secrets));
}

/** @param secrets paths of values that Pulumi keeps secret, which everybody would see @throws {pulumi.RunError} with all faults */
export function queueOf(name: string, values: object, secrets: readonly string[]): QueueParameters {
  const { queue, faults = [] } = parseQueue(values);
  const lines = [...faults.map(({ property, reason }) => `${property}: ${reason}`), ...secrets.map(secretFaultOf)];
  if (!queue || lines.length > 0) throw new pulumi.RunError(messageOf(name, lines));
  return queue;
}

const secretFaultOf = (property: string): string =>
  property.startsWith("triggers")
    ? `${property} must not be a secret: name the key of a Secret ('connection', 'password', 'authentication'), or take Pulumi's mark off with pulumi.unsecret`
    : secretFault(property);
