/** The Job that flags and a file describe. */
import { type Parameters } from "../../batch";
import { type Context } from "../connection/context";
import { usageError } from "../terminal/errors";
import { complete, type InputOptions, readInput } from "./input";

/** @param operands the command, which stands after `--` @throws {CliError} with all that is wrong */
export async function describedJob({ connection }: Context, options: InputOptions, operands: readonly string[]): Promise<Parameters> {
  const { values, faults } = readInput({ ...options }, operands);
  if (faults.length > 0) throw usageError(faults);
  connection.fileNamespace = values.namespace as string | undefined;
  const namespace = await connection.namespace();
  const billing = await connection.billing();
  const prices = { ...(billing && { billing }), ...(values.prices as object | undefined) };
  return complete({ ...values, namespace, prices }, await connection.storeSettings());
}
