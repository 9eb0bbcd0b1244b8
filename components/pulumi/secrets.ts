import * as pulumi from "@pulumi/pulumi";

/** Values that Pulumi keeps secret, and that a component would show to whoever may look at pods. */

/** Paths of the values that Pulumi marks secret, e.g. `env.TOKEN`; undefined without any. Known in a preview too, where values are not yet. */
export async function secretPaths(values: object): Promise<string[] | undefined> {
  const outputs = outputsIn(values, "");
  const secret = await Promise.all(outputs.map(([, output]) => pulumi.isSecret(output)));
  const paths = outputs.flatMap(([path], i) => (secret[i] ? [path] : []));
  return paths.length > 0 ? paths : undefined;
}

/** The outputs in a value, with their paths. An output's own insides count as it does: Pulumi makes it secret if one of them is. */
function outputsIn(value: unknown, path: string): [path: string, output: pulumi.Output<unknown>][] {
  if (pulumi.Output.isInstance(value)) return [[path, value]];
  if (value instanceof Promise) return [[path, pulumi.output(value as Promise<unknown>)]];
  if (Array.isArray(value)) return value.flatMap((one: unknown, i) => outputsIn(one, `${path}[${i}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => outputsIn(one, path === "" ? key : `${path}.${key}`));
}

/** `value`, which is shown to whoever may look at pods. @throws in the output for a secret of Pulumi. @param property its path in the args */
export function shown(property: string, value: pulumi.Input<string>): pulumi.Output<string> {
  const output = pulumi.output(value);
  return pulumi.output(pulumi.isSecret(output)).apply((secret) => {
    refuseSecret(property, secret);
    return output;
  });
}

export function refuseSecret(property: string, secret: boolean): void {
  if (secret) throw new pulumi.RunError(secretFault(property));
}

export const secretFault = (property: string): string =>
  `${property} must not be a secret: use secretEnv or envFrom, with a Secret of the namespace that holds it`;
