import type * as pulumi from "@pulumi/pulumi";

/** The SDK has these, and keeps them out of its types. */
interface Inside<T> {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<T>;
}

/** The value of an output; undefined in a preview of what is to be made. @throws what its making threw */
export async function valueIfKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown } = output as unknown as Inside<T>;
  return (await isKnown) ? (output as unknown as Inside<T>).promise() : undefined;
}
