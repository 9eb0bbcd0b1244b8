import { OvhApi } from "../../../../common/ovh/client";
import { NoAnswerError } from "../../../../common/ovh/errors";
import type { Credentials as SignInCredentials } from "../../../../common/ovh/sign-in";
import type { Answer, OutgoingRequest } from "../../../../common/ovh/transport";
import { http } from "../../protocol/http";
import { ApiError } from "./errors";

/** Base URL, e.g. `https://eu.api.ovh.com/1.0`, and who asks. */
export type Credentials = { readonly endpoint: string } & SignInCredentials;

/** How long one call may take, in milliseconds; go-ovh's own limit is 180 s, but these calls answer within seconds. */
const timeout = 60_000;

/** How often a call is tried before it fails. */
const tries = 6;

type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * The OVHcloud REST API as the resources ask it. Calls that may be repeated are, with growing pauses, on 429, 5xx and broken connections;
 * a POST only where it cannot have taken effect, or where the caller says that twice is as good as once.
 */
export class Api {
  private readonly api: OvhApi;

  constructor(credentials: Credentials) {
    const errorOf = (method: string, path: string, answer: Answer): ApiError => new ApiError(method, path, answer);
    this.api = new OvhApi(credentials.endpoint, credentials, { timeout, tries, send, errorOf });
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>("GET", path);
  }

  put(path: string, body: unknown): Promise<unknown> {
    return this.request("PUT", path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.request<T>("DELETE", path);
  }

  post<T>(path: string, body?: unknown, options: { idempotent: boolean } = { idempotent: false }): Promise<T> {
    return this.request<T>("POST", path, body, options.idempotent);
  }

  /** As {@link get}, but returns undefined where there is nothing. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  private request<T>(method: Method, path: string, body?: unknown, repeatable = method !== "POST"): Promise<T> {
    return this.api.request<T>(method, path, body, { repeatable }).catch((error: unknown) => {
      if (!(error instanceof NoAnswerError)) throw error;
      const hint = `no answer from the OVHcloud API at ${this.api.endpoint}. Is the endpoint right, and does it run?`;
      throw new Error(`${error.message}: ${hint}`, { cause: error });
    });
  }
}

/** Not `fetch`, which takes 60 ms to load. */
async function send({ method, url, headers, body, timeout: limit }: OutgoingRequest): Promise<Answer> {
  const { status, text, headers: answered } = await http(new URL(url), { method, headers, body, timeout: limit });
  return { status, text, header: (name) => answered[name]?.toString() };
}
