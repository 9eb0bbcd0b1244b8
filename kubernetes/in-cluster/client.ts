import { type IncomingMessage, request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Access } from "./access";
import { type Grant, grantOf } from "./verb";

/** The API server answered with an error. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    /** Milliseconds that the server asks to wait. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
  }
}

/** The server was silent for too long. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** How often the call is tried in all; more than once only for what may safely happen twice. @default 5 for GET and PATCH, else 1 */
  readonly tries?: number;
  /** Milliseconds without a byte from the server before a try is given up. @default 15 s */
  readonly silence?: number;
}

const contentTypes = { GET: undefined, POST: "application/json", PUT: "application/json", PATCH: "application/merge-patch+json" };

/**
 * A small Kubernetes client: the official one keeps well over 100 MiB of generated classes in memory, of which the autoscaler would use a
 * handful, and its watch has no time-out for a connection that went dead.
 */
export class KubeClient {
  private readonly agent: Agent;
  private ahead = 0;

  /**
   * @param onError told about each failed try, for metrics: the HTTP status, or "network"
   * @param onCall told about each try
   */
  constructor(
    private readonly access: Access,
    private readonly onError: (kind: string) => void = () => undefined,
    private readonly onCall: (grant: Grant) => void = () => undefined,
  ) {
    this.agent = new Agent({ keepAlive: true, ca: access.ca, cert: access.cert, key: access.key });
  }

  /** The API server's time, in milliseconds since 1970: clocks of nodes differ, and the times of objects are the server's. */
  now(): number {
    return Date.now() + this.ahead;
  }

  /** The server tells its time in whole seconds: a difference within that is none. */
  private setClock(date: string | undefined): void {
    const ahead = Date.parse(date ?? "") + 500 - Date.now();
    if (Math.abs(ahead - this.ahead) > 2_000) this.ahead = Math.abs(ahead) > 2_000 ? ahead : 0;
  }

  /** Sends a call and answers the JSON body. Busy or unreachable servers are tried again, with a growing wait. @throws {ApiError} */
  async call<T>(call: Call, signal?: AbortSignal): Promise<T> {
    const tries = call.tries ?? (call.method === "GET" || call.method === "PATCH" ? 5 : 1);
    for (let attempt = 1; ; attempt++) {
      try {
        return JSON.parse(await text(await this.open(call, signal))) as T;
      } catch (error) {
        if (signal?.aborted) throw error;
        const status = error instanceof ApiError ? error.status : undefined;
        this.onError(status === undefined ? "network" : String(status));
        const busy = status === undefined || status === 429 || status >= 500;
        if (!busy || attempt >= tries) throw error;
        await sleep(waitTime(attempt, error), undefined, { signal });
      }
    }
  }

  /** Sends a request and answers the response once its status is 2xx; its body is still to be read. @throws {ApiError} on any other status */
  open(call: Call, signal?: AbortSignal): Promise<IncomingMessage> {
    this.onCall(grantOf(call));
    const url = new URL(this.access.server + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      accept: "application/json",
      "user-agent": "ovh-mks-batch-autoscaler",
      ...(body === undefined ? {} : { "content-type": contentTypes[call.method], "content-length": Buffer.byteLength(body) }),
      ...(this.access.token ? { authorization: `Bearer ${this.access.token()}` } : {}),
    };
    return new Promise((resolve, reject) => {
      const options = { method: call.method, headers, signal };
      const request = url.protocol === "http:" ? httpRequest(url, options) : httpsRequest(url, { ...options, agent: this.agent });
      const silence = call.silence ?? 15_000;
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${silence / 1000} s`)), silence);
      request.on("error", reject).on("close", () => clearTimeout(timer));
      request.on("response", (response) => {
        clearTimeout(timer);
        this.setClock(response.headers.date);
        response.setTimeout(silence, () => response.destroy(new SilenceError(`nothing came for ${silence / 1000} s`)));
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(response);
        else failure(response, status).then(reject, reject);
      });
      request.end(body);
    });
  }
}

async function failure(response: IncomingMessage, status: number): Promise<ApiError> {
  const body = await text(response);
  const seconds = Number(response.headers["retry-after"]);
  let told: { reason?: string; message?: string } = {};
  try {
    told = JSON.parse(body) as typeof told;
  } catch {
    // A proxy's answer, or a cut one: the status has to do.
  }
  return new ApiError(status, told.reason ?? "", told.message ?? `HTTP ${status}`, seconds > 0 ? seconds * 1000 : undefined);
}

/** Milliseconds before the next try, at most 10 s; spread, so that clients that failed together do not come back together. */
export function waitTime(attempt: number, error?: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfter : undefined;
  return Math.min(10_000, asked ?? 200 * 2 ** (attempt - 1) * (0.5 + Math.random()));
}
