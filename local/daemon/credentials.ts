import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Identity } from "../api/state/model";
import { writeAtomic } from "../lib/files";
import { paths } from "../lib/paths";

/** What clients need to use the local cloud; kept in `.local/credentials.json`, readable by its owner only. */
export interface Credentials extends Identity {
  /** OVHcloud API as this machine reaches it. */
  readonly endpoint: string;
  /** OVHcloud API as pods reach it. */
  readonly clusterEndpoint: string;
  /** S3 as this machine and pods reach it. */
  readonly s3Endpoint: string;
  /** Id of the project: 32 hexadecimal digits. */
  readonly serviceName: string;
  readonly region: string;
}

export function readCredentials(): Credentials | undefined {
  return existsSync(paths.credentials) ? (JSON.parse(readFileSync(paths.credentials, "utf8")) as Credentials) : undefined;
}

/** Keeps the keys and the project's id of earlier starts, since stacks refer to them. */
export async function writeCredentials(endpoints: Pick<Credentials, "endpoint" | "clusterEndpoint" | "s3Endpoint">): Promise<Credentials> {
  const secret = (bytes: number): string => randomBytes(bytes).toString("hex");
  const keys = {
    applicationKey: secret(8),
    applicationSecret: secret(16),
    consumerKey: secret(16),
    serviceName: secret(16),
    region: "GRA11",
  };
  const credentials = { ...keys, ...readCredentials(), ...endpoints };
  await writeAtomic(paths.credentials, JSON.stringify(credentials, null, 2));
  return credentials;
}
