import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type ServiceAccount, Tokens } from "../../../../common/oauth2";
import { http } from "../../protocol/http";
import { ApiError, UnreachableError } from "./errors";

/** Base URL, e.g. `https://eu.api.ovh.com/1.0`, and who asks. */
export type Credentials = { readonly endpoint: string } & (ApplicationKey | (ServiceAccount & { readonly tokenUrl: string }));

interface ApplicationKey {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

/** How long one call may take, in milliseconds; go-ovh's own limit is 180 s, but these calls answer within seconds. */
const timeout = 60_000;

/** How often a call is tried before it fails, and the first pause between two tries in milliseconds; pauses double. */
const tries = 6;
const firstPause = 500;
const longestPause = 8_000;

const transient = new Set([429, 500, 502, 503, 504]);

/** Errors of a connection on which nothing was sent. */
const notSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * The OVHcloud REST API, signed or with a token. Calls that may be repeated are, with growing pauses, on 429, 5xx and broken connections;
 * a POST only where it cannot have taken effect, or where the caller says that twice is as good as once.
 * @see https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api
 */
export class Api {
  private offset: Promise<number> | undefined;
  private readonly tokens: Tokens | undefined;

  constructor(private readonly credentials: Credentials) {
    if ("clientId" in credentials) this.tokens = new Tokens(credentials.tokenUrl, credentials, postForm);
  }

  get<T>(path: string): Promise<T> {
    return this.repeat<T>("GET", path, undefined, true);
  }

  put(path: string, body: unknown): Promise<unknown> {
    return this.repeat("PUT", path, body, true);
  }

  delete<T>(path: string): Promise<T> {
    return this.repeat<T>("DELETE", path, undefined, true);
  }

  post<T>(path: string, body?: unknown, options: { idempotent: boolean } = { idempotent: false }): Promise<T> {
    return this.repeat<T>("POST", path, body, options.idempotent);
  }

  /** As {@link get}, but answers undefined where there is nothing. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async repeat<T>(method: Method, path: string, body: unknown, repeatable: boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.call(method, path, body)) as T;
      } catch (error) {
        const again =
          error instanceof ApiError
            ? mayRepeat(error, repeatable)
            : error instanceof UnreachableError && (repeatable || notSent.has(error.code));
        if (!again || attempt === tries) throw error;
        const pause = Math.min(firstPause * 2 ** (attempt - 1), longestPause);
        await delay(error instanceof ApiError ? Math.max(pause, error.retryAfter) : pause * (0.75 + Math.random() / 2));
      }
    }
  }

  private async call(method: Method, path: string, body: unknown): Promise<unknown> {
    const url = `${this.credentials.endpoint}${path}`;
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = { ...(text && { "Content-Type": "application/json" }), ...(await this.signedBy(method, url, text)) };
    return request(method, path, url, { headers, ...(text !== "" && { body: text }) });
  }

  private async signedBy(method: Method, url: string, text: string): Promise<Record<string, string>> {
    const { credentials, tokens } = this;
    if ("clientId" in credentials) return { Authorization: `Bearer ${await tokens!.get()}` };
    const timestamp = String(Math.floor(Date.now() / 1000) + (await this.clockOffset()));
    const { applicationKey, applicationSecret, consumerKey } = credentials;
    const signed = [applicationSecret, consumerKey, method, url, text, timestamp].join("+");
    return {
      "X-Ovh-Application": applicationKey,
      "X-Ovh-Consumer": consumerKey,
      "X-Ovh-Timestamp": timestamp,
      "X-Ovh-Signature": `$1$${createHash("sha1").update(signed).digest("hex")}`,
    };
  }

  /** Seconds by which the API's clock is ahead of ours: a signature is good for a short time only. */
  private clockOffset(): Promise<number> {
    this.offset ??= request("GET", "/auth/time", `${this.credentials.endpoint}/auth/time`).then(
      (time) => Number(time) - Math.floor(Date.now() / 1000),
      (error: unknown) => {
        this.offset = undefined;
        throw error;
      },
    );
    return this.offset;
  }
}

/** An answer that comes, whatever it is, is for {@link Tokens} to judge. */
async function postForm(url: string, form: string): Promise<{ status: number; text: string }> {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return http(new URL(url), { method: "POST", headers, body: form, timeout }).catch((error: NodeJS.ErrnoException) => {
    throw new UnreachableError("POST", url, error);
  });
}

const mayRepeat = (error: ApiError, repeatable: boolean): boolean => (repeatable ? transient.has(error.status) : error.status === 429);

async function request(
  method: Method,
  path: string,
  url: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
): Promise<unknown> {
  const response = await http(new URL(url), { method, headers, body, timeout }).catch((error: NodeJS.ErrnoException) => {
    throw new UnreachableError(method, url, error);
  });
  if (response.status < 200 || response.status >= 300) throw new ApiError(method, path, response);
  return response.text === "" ? undefined : (JSON.parse(response.text) as unknown);
}
