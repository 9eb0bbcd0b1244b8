import { existsSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

/** Where the configuration comes from. */
export interface ConfigSource {
  /** Every key of the stack's configuration, with its namespace; objects as JSON. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys whose values must not be shown. */
  readonly secretKeys: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly exists: (file: string) => boolean;
}

export function stackSource(): ConfigSource {
  const secretKeys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as string[];
  return { config: pulumi.runtime.allConfig(), secretKeys, env: process.env, exists: existsSync };
}
