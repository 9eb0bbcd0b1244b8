import { UserError } from "../lib/errors";
import { call } from "./client";
import { readCredentials } from "./credentials";

/**
 * Calls the local cloud's API as any client of the project would.
 *
 * @param path below the project, e.g. `/kube`; a path of the emulator's own, such as `/_faults`, as it is
 */
export async function callProject<T>(method: string, path: string, body?: unknown): Promise<T> {
  const credentials = readCredentials();
  if (!credentials) throw new UserError("The local cloud has not been started. Start it with: npm run local -- up");
  const url = path.startsWith("/_")
    ? new URL(path, credentials.endpoint).href
    : `${credentials.endpoint}/cloud/project/${credentials.serviceName}${path}`;
  return (await call(credentials, method, url, body, 30_000)) as T;
}
