/**
 * HTTP to an API server. Not @kubernetes/client-node: it takes a second to load on every `pulumi up`, and its watch has no time limit for a silent
 * connection and hides lines that it cannot read.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError } from "./cluster";
import { type Credentials, Login } from "./exec";
import { type Connection } from "./kubeconfig";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
}

export interface Timing {
  /** How long a connection may be silent, in milliseconds. */
  readonly silence: number;
  /** How long a failing request is tried again, in milliseconds. */
  readonly patience: number;
}

export const defaultTiming: Timing = { silence: 30_000, patience: 60_000 };

export class Http {
  private readonly agent: HttpAgent;
  private readonly send: typeof httpsRequest;
  private readonly login: Login | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly timing: Timing = defaultTiming,
  ) {
    const { server, ca, insecure, servername, program } = connection;
    const secure = server.startsWith("https:");
    const common = { keepAlive: true, maxSockets: 32 };
    this.agent = secure ? new HttpsAgent({ ...common, ca, servername, rejectUnauthorized: !insecure }) : new HttpAgent(common);
    this.send = secure ? httpsRequest : httpRequest;
    this.login = program && new Login(program);
  }

  /**
   * Sends a request and reads the answer. Tries again while the API server does not answer, or is busy: every request of ours may be repeated,
   * since a second create answers 409 and a second delete 404.
   * @throws {ClusterError} for an answer that is not 2xx.
   */
  async request(request: HttpRequest): Promise<string> {
    const deadline = Date.now() + this.timing.patience;
    for (let pause = 200; ; pause = Math.min(pause * 2, 5000)) {
      try {
        const response = await this.open(request, this.timing.silence);
        return await read(response);
      } catch (error) {
        if (!(error instanceof ClusterError) || !error.transient || Date.now() + pause > deadline) throw error;
        await sleep(pause * (0.75 + Math.random() / 2));
      }
    }
  }

  /** Yields the lines of an answer as they come. @throws {ClusterError} also when nothing comes for `silence` milliseconds. */
  async *lines(request: HttpRequest, silence: number, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.open(request, silence, signal);
    response.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of response) {
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

  close(): void {
    this.agent.destroy();
  }

  /** Sends a request, once; with credentials that a program gave and that are refused, once more with new ones. @throws {ClusterError} for an answer that is not 2xx. */
  async open(request: HttpRequest, silence: number, signal?: AbortSignal): Promise<IncomingMessage> {
    if (!this.login) return this.openWith(this.connection, request, silence, signal);
    const credentials = await this.login.credentials();
    try {
      return await this.openWith(credentials, request, silence, signal);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 401) throw error;
      this.login.refused(credentials);
    }
    return this.openWith(await this.login.credentials(), request, silence, signal);
  }

  private openWith(
    { token, cert, key }: Credentials,
    { method, path, query = {}, body }: HttpRequest,
    silence: number,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const url = new URL(this.connection.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const text = body && JSON.stringify(body);
    const headers = {
      accept: "application/json",
      ...(token && { authorization: `Bearer ${token}` }),
      ...(text && {
        "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
        "content-length": Buffer.byteLength(text),
      }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = this.send(url, { method, headers, agent: this.agent, cert, key, signal }, (response) => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(response);
        else read(response).then((answer) => reject(refusal(statusCode, answer)), reject);
      });
      outgoing.setTimeout(silence, () => {
        outgoing.destroy(new Error(`no answer within ${silence / 1000} s`));
        // The connections that are idle are likely to be dead as well: the next try is not to wait for one of them.
        for (const socket of Object.values(this.agent.freeSockets).flat()) socket?.destroy();
      });
      outgoing.on("error", (error) => reject(noAnswer(error)));
      outgoing.end(text);
    });
  }
}

async function read(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  try {
    for await (const chunk of response) text += chunk as string;
    return text;
  } catch (error) {
    throw noAnswer(error);
  }
}

const noAnswer = (error: unknown): ClusterError => {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ClusterError(message || code || String(error));
};

/** The API server tells the fault in a Status object. */
function refusal(status: number, answer: string): ClusterError {
  if (status === 401)
    return new ClusterError("the API server does not accept the kubeconfig's credentials (401); get a new kubeconfig", status);
  let message = answer.slice(0, 500);
  try {
    message = (JSON.parse(answer) as { message?: string }).message ?? message;
  } catch {
    // A proxy on the way answers in its own words.
  }
  return new ClusterError(`${message || "the API server refused"} (${status})`, status);
}
