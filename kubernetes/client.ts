/**
 * The Kubernetes client. Not @kubernetes/client-node: it takes a second and 100 MiB to load, and its watch has no time limit for a silent connection and
 * hides lines that it cannot read.
 */
import { Agent as HttpAgent, type AgentOptions, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { doubling, retry } from "../common/retry";
import { ClusterError, type Listed, SilenceError, type Status, type WatchEvent } from "./cluster";
import { Login } from "./exec";
import { keepHeapSmall } from "./heap";
import { type Connection } from "./kubeconfig";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** Media type of the body. @default JSON; a merge patch for PATCH */
  readonly type?: string;
  /** How often the call is tried in all. @default the client's */
  readonly tries?: number;
  /** Milliseconds without a byte from the server before a try is given up. @default the client's */
  readonly silence?: number;
  /** The answer comes bit by bit, for minutes: it has a connection of its own. @default false */
  readonly lasting?: boolean;
}

export interface Timing {
  /** Milliseconds for which a connection may be silent. */
  readonly silence: number;
  /** Milliseconds for which a failing call is tried again. */
  readonly patience: number;
}

export interface ClientOptions extends Partial<Timing> {
  /** How often a call is tried in all. @default 5 */
  readonly tries?: number;
  /** Whether a call that failed in a way that may pass can be sent again without harm. @default GET and PATCH */
  readonly repeatable?: (call: Call, error: ClusterError) => boolean;
  /** Lists and watches keep the process small, at the cost of processor time. @default false */
  readonly smallHeap?: boolean;
  readonly userAgent?: string;
  /** Called with each try. */
  readonly onCall?: (call: Call) => void;
  /** Called with each failed try, for metrics: the HTTP status, or "network". */
  readonly onError?: (kind: string) => void;
}

export interface ListOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  readonly silence?: number;
  /** How often the list is begun in all, as its place may expire half-way. @default 1 */
  readonly tries?: number;
}

interface Page<Raw> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Raw[];
}

/** Objects in one page of a list; a pod is about 8 KB, and a page is held in memory only until its objects are cut down. */
const pageSize = 500;

/** Seconds after which the server ends a watch. */
const watchSeconds = 300;

/** The server sends a bookmark about every minute; a watch that is silent for longer is dead. Milliseconds. */
const watchSilence = 100_000;

export class KubeClient {
  private readonly agent: HttpAgent;
  /** For answers that last, such as watches: no other call waits until one of them ends. */
  private readonly streams: HttpAgent;
  private readonly request: typeof httpsRequest;
  private readonly login: Login | undefined;
  private ahead = 0;

  constructor(
    private readonly connection: Connection,
    private readonly options: ClientOptions = {},
  ) {
    const { server, ca, insecure, servername, program } = connection;
    const secure = server.startsWith("https:");
    const open = (options: AgentOptions): HttpAgent =>
      secure ? new HttpsAgent({ ...options, ca, servername, rejectUnauthorized: !insecure }) : new HttpAgent(options);
    this.agent = open({ keepAlive: true, maxSockets: 32 });
    this.streams = open({});
    this.request = secure ? httpsRequest : httpRequest;
    this.login = program && new Login(program);
  }

  /** The API server's time, in milliseconds since 1970: clocks of nodes differ, and the times of objects are the server's. */
  now(): number {
    return Date.now() + this.ahead;
  }

  close(): void {
    this.agent.destroy();
    this.streams.destroy();
  }

  /** Sends a call and returns its JSON answer. Tries again, with a growing pause, while the server is busy or away. @throws {ClusterError} */
  call<T>(call: Call, signal?: AbortSignal): Promise<T> {
    return this.read(call, (answer) => JSON.parse(answer) as T, signal);
  }

  /** Sends a call as {@link call} does and returns its answer as text. */
  text(call: Call, signal?: AbortSignal): Promise<string> {
    return this.read(call, (answer) => answer, signal);
  }

  /** An object as the API server has it now. By a list, which needs no other right than watching does. @param path of the objects of its kind */
  async find<Raw>(path: string, name: string): Promise<Raw | undefined> {
    return (await this.call<Page<Raw>>({ method: "GET", path, query: { fieldSelector: `metadata.name=${name}` } })).items[0];
  }

  /** Lists objects as what `pick` makes of each, as thousands of whole ones would not fit into memory; leaves out those of which it makes nothing. */
  list<Raw, T>(
    path: string,
    pick: (raw: Raw) => T | undefined,
    { query, signal, silence, tries = 1 }: ListOptions = {},
  ): Promise<Listed<T>> {
    let next: string | undefined;
    const begin = async (): Promise<Listed<T>> => {
      const items: T[] = [];
      for (next = undefined; ;) {
        const page: Page<Raw> = await this.call(
          { method: "GET", path, query: { ...query, limit: pageSize, continue: next }, silence },
          signal,
        );
        for (const raw of page.items) {
          const picked = pick(raw);
          if (picked !== undefined) items.push(picked);
        }
        next = page.metadata.continue || undefined;
        if (next === undefined) return { items, version: page.metadata.resourceVersion };
        if (this.options.smallHeap) keepHeapSmall();
      }
    };
    const expired = (error: unknown): boolean => error instanceof ClusterError && error.status === 410 && next !== undefined;
    return retry(begin, { tries, signal, pauses: waitTime, again: expired });
  }

  /**
   * Yields the changes since `version`. Ends when the server ends it or falls silent: then nothing has changed for long or the connection is dead, and a
   * new watch from the same place serves both.
   */
  async *watch<Raw>(path: string, version: string, signal: AbortSignal, query?: Query): AsyncGenerator<WatchEvent<Raw>> {
    const asked = { ...query, watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds };
    if (this.options.smallHeap) keepHeapSmall();
    try {
      for await (const line of this.lines({ method: "GET", path, query: asked, silence: watchSilence }, signal)) {
        const { type, object } = readEvent<Raw>(line);
        if (type === "ERROR") throw new ClusterError(object.message ?? "the watch broke", object.code);
        yield { type, object };
      }
    } catch (error) {
      if (error instanceof SilenceError) return;
      if (!(error instanceof ClusterError) || error.status !== 410) throw error;
      yield { type: "EXPIRED" };
    }
  }

  /** Yields the lines of an answer as they come. @throws {ClusterError} also when nothing comes for the call's `silence` */
  async *lines(call: Call, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.open({ ...call, lasting: true }, signal);
    let rest = "";
    try {
      for await (const chunk of response.setEncoding("utf8")) {
        const lines = (rest + (chunk as string)).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
      if (rest) yield rest;
    } catch (error) {
      throw noAnswer(error);
    } finally {
      response.destroy();
    }
  }

  /**
   * Sends a call once and returns the response, whose body is still to be read; with a program's credentials that are refused, sends it once more with new ones.
   * @throws {ClusterError} for an answer that is not 2xx
   */
  async open(call: Call, signal?: AbortSignal): Promise<IncomingMessage> {
    if (!this.login) return this.send(call, this.connection, signal);
    const credentials = await this.login.credentials();
    try {
      return await this.send(call, credentials, signal);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 401) throw error;
      this.login.refused(credentials);
    }
    return this.send(call, await this.login.credentials(), signal);
  }

  private read<T>(call: Call, parse: (answer: string) => T, signal?: AbortSignal): Promise<T> {
    const { tries = 5, patience = Infinity, repeatable = ({ method }) => method === "GET" || method === "PATCH", onError } = this.options;
    const end = Date.now() + patience;
    const once = async (): Promise<T> => {
      try {
        return parse(await text(await this.open(call, signal)));
      } catch (fault) {
        const error = noAnswer(fault);
        if (!signal?.aborted) onError?.(String(error.status ?? "network"));
        throw error;
      }
    };
    const again = (error: unknown, attempt: number): boolean =>
      error instanceof ClusterError && error.transient && repeatable(call, error) && Date.now() + nominal(attempt, error) <= end;
    return retry(once, { tries: call.tries ?? tries, signal, pauses: waitTime, again });
  }

  private send(
    call: Call,
    { token, cert, key }: Pick<Connection, "token" | "cert" | "key">,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { method, path, query = {}, silence = this.options.silence ?? 15_000 } = call;
    this.options.onCall?.(call);
    const url = new URL(this.connection.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const type = call.type ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json");
    const bearer = typeof token === "function" ? token() : token;
    const headers = {
      accept: "application/json",
      ...(this.options.userAgent && { "user-agent": this.options.userAgent }),
      ...(bearer && { authorization: `Bearer ${bearer}` }),
      ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const agent = call.lasting ? this.streams : this.agent;
      const outgoing = this.request(url, { method, headers, agent, cert, key, signal });
      const seconds = silence / 1000;
      let timer: NodeJS.Timeout | undefined;
      // A request may wait for its turn; then the connection and the answer may take so long.
      outgoing.once("socket", () => (timer = setTimeout(() => this.giveUp(outgoing, new Error(`no answer within ${seconds} s`)), silence)));
      outgoing.on("error", (error) => reject(noAnswer(error))).on("close", () => clearTimeout(timer));
      outgoing.on("response", (response) => {
        clearTimeout(timer);
        this.setClock(response.headers.date);
        response.setTimeout(silence, () => this.giveUp(response, new SilenceError(`nothing came for ${seconds} s`)));
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(response);
        else text(response).then((answer) => reject(refusal(response, answer, typeof token === "function")), reject);
      });
      outgoing.end(body);
    });
  }

  /** Ends a silent connection. Those that are idle are likely to be dead as well: the next try must not wait for one of them. */
  private giveUp(connection: { destroy(error: Error): unknown }, error: Error): void {
    connection.destroy(error);
    for (const socket of Object.values(this.agent.freeSockets).flat()) socket?.destroy();
  }

  /** The server tells its time in whole seconds: a difference within that is none. */
  private setClock(date: string | undefined): void {
    const ahead = Date.parse(date ?? "") + 500 - Date.now();
    if (Math.abs(ahead - this.ahead) > 2_000) this.ahead = Math.abs(ahead) > 2_000 ? ahead : 0;
  }
}

type RawEvent<Raw> = { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"; readonly object: Raw & Status };

function readEvent<Raw>(line: string): RawEvent<Raw> {
  try {
    return JSON.parse(line) as RawEvent<Raw>;
  } catch {
    // What a proxy cut off.
    throw new ClusterError(`the watch broke within ${line.slice(0, 50)}`);
  }
}

function noAnswer(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new ClusterError(message || code || String(error), undefined, {}, { cause: error });
}

/** The API server tells the fault in a Status object. */
function refusal({ statusCode: status = 0, headers }: IncomingMessage, answer: string, inPod: boolean): ClusterError {
  let body: Status = { message: answer.slice(0, 500) };
  try {
    body = { ...body, ...(JSON.parse(answer) as Status) };
  } catch {
    // A proxy on the way answers in its own words.
  }
  const seconds = Number(headers["retry-after"]);
  const message =
    status === 401 && !inPod
      ? "the API server does not accept the kubeconfig's credentials (401); get a new kubeconfig"
      : `${body.message || "the API server refused"} (${status})`;
  return new ClusterError(message, status, body, { retryAfter: seconds > 0 ? seconds * 1000 : undefined });
}

const nominal = doubling(200, 10_000);

/** Milliseconds before the next try, at most 10 s; spread, so that clients that failed together do not come back together. */
export function waitTime(attempt: number, error?: unknown): number {
  const asked = error instanceof ClusterError ? error.retryAfter : undefined;
  return Math.min(10_000, asked ?? nominal(attempt, error) * (0.5 + Math.random()));
}
