import { Agent } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { http } from "../protocol/http";
import { KubernetesError, type Status, UnreachableError } from "./cluster/errors";
import type { Access } from "./kubeconfig";

/** How often a request is tried, and the first pause between two tries in milliseconds; pauses double. */
const tries = 6;
const firstPause = 300;
const longestPause = 5_000;

const transient = new Set([429, 500, 502, 503, 504]);

export interface Options {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** How long one try may take, in milliseconds. @default 40 s: admission webhooks have 30 s at most */
  readonly timeout?: number;
}

/**
 * A Kubernetes API server. Small on purpose: it starts in no time, where the full client takes a third of a second.
 * Every request made with it may be repeated (reads, server-side apply, delete), and is where that may help.
 */
export class Cluster {
  private readonly agent: Agent;

  constructor(readonly access: Access) {
    const { ca, cert, key, skipTlsVerify, tlsServerName } = access;
    this.agent = new Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized: !skipTlsVerify, servername: tlsServerName });
  }

  async json<T>(method: string, path: string, options: Options = {}): Promise<T> {
    return JSON.parse(await this.text(method, path, options)) as T;
  }

  get<T>(path: string, query: Options["query"] = {}, options: Pick<Options, "timeout"> = {}): Promise<T> {
    return this.json<T>("GET", path, { query, ...options });
  }

  /** As {@link get}, but answers undefined where there is nothing. */
  async find<T>(path: string, query: Options["query"] = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(path, query);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Answers the body as text: for logs. */
  async text(method: string, path: string, options: Options = {}): Promise<string> {
    const query = new URLSearchParams(
      Object.entries(options.query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ).toString();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(method, query ? `${path}?${query}` : path, options);
      } catch (error) {
        const again = error instanceof UnreachableError || (error instanceof KubernetesError && transient.has(error.status));
        if (!again || attempt === tries) throw error;
        await delay(Math.min(firstPause * 2 ** (attempt - 1), longestPause));
      }
    }
  }

  private async once(method: string, path: string, options: Options): Promise<string> {
    const { body, contentType = "application/json", timeout = 40_000 } = options;
    const { server, token } = this.access;
    const headers = {
      Accept: "application/json",
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": contentType }),
    };
    const agent = server.startsWith("https:") ? this.agent : undefined;
    const request = { method, headers, timeout, agent, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { status, text } = await http(new URL(server + path), request).catch((error: Error) => {
      throw new UnreachableError(server, error);
    });
    if (status >= 200 && status < 300) return text;
    throw new KubernetesError(server, method, path, status, parseStatus(text));
  }
}

function parseStatus(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return { message: text.slice(0, 300) };
  }
}
