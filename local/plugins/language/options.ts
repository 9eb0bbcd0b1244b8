import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb";

/** `runtime.options` of Pulumi.yaml, as the official Node.js language host reads them. */
export interface Options {
  /** Whether the program is compiled by ts-node as it is loaded. @default true */
  readonly typescript: boolean;
  /** Path of a tsconfig.json for ts-node. */
  readonly tsconfig: string | undefined;
  /** Arguments for node, before the program's own. */
  readonly nodeargs: readonly string[];
}

export function parseOptions(info: ProgramInfo | undefined): Options {
  const { typescript = true, tsconfig, nodeargs = "", packagemanager = "npm", ...others } = info?.getOptions()?.toJavaScript() ?? {};
  const faults = [
    typeof typescript !== "boolean" && "typescript must be a boolean",
    tsconfig !== undefined && typeof tsconfig !== "string" && "tsconfig must be a string",
    typeof nodeargs !== "string" && "nodeargs must be a string",
    packagemanager !== "npm" &&
      packagemanager !== "auto" &&
      "packagemanager must be npm: the stand-in of the Node.js language host knows no other",
    ...Object.keys(others).map((name) => `${name} is not known to the stand-in of the Node.js language host`),
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new Error(`runtime options of Pulumi.yaml: ${faults.join("; ")}`);
  return { typescript: typescript === true, tsconfig: tsconfig as string | undefined, nodeargs: splitArguments(nodeargs as string) };
}

/** Splits a line into arguments as a shell does: at blanks that are not within quotes. */
export function splitArguments(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""));
}
