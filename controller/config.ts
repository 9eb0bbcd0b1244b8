/** The controller's configuration file and environment. */
import * as z from "zod";
import { s3Variables } from "../batch/spec/secrets";
import { type StoreSettings } from "../batch/storage/store";
import { ConfigError } from "../common/config-error";
import { readConfigFile } from "../service/config-file";

const schema = z.strictObject({
  namespace: z.string().min(1).default("batch").describe("namespace of the batch Jobs"),
  httpPort: z.int().min(1).max(65_535).default(8080).describe("port of the probes and the metrics"),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error"]).default("info").describe("least level of what is logged"),
  notificationsFile: z.string().optional().describe("JSON file of whom to tell of a Job's end; by default nobody is told"),
});

export type Config = z.infer<typeof schema>;

/** @throws {ConfigError} with all faults */
export const readConfig = (file: string | undefined): Config => readConfigFile(schema, file);

/** The bucket and its keys, from the environment. @throws {ConfigError} with all that is missing */
export function bucketOf(environment: NodeJS.ProcessEnv): StoreSettings {
  const names = Object.keys(s3Variables) as (keyof StoreSettings)[];
  const missing = names.map((name) => s3Variables[name]).filter((variable) => !environment[variable]);
  if (missing.length > 0) throw new ConfigError(`the environment lacks ${missing.join(", ")}, which the Secret s3-credentials has`);
  return Object.fromEntries(names.map((name) => [name, environment[s3Variables[name]]])) as unknown as StoreSettings;
}
