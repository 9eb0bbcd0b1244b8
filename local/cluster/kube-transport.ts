import { Agent, type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";

/** Credentials for an API server, all PEM. */
export interface KubeCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The API server refused a request. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  constructor(
    /** HTTP status */
    readonly status: number,
    /** e.g. "AlreadyExists" */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export interface KubeRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Media type of the body. */
  readonly type?: string;
}

/** Milliseconds that one request may take. */
const requestTimeout = 10_000;

/** Single requests to an API server, over connections that are kept open. */
export class KubeTransport {
  private readonly agent: Agent;
  private readonly server: URL;

  constructor(server: string, credentials: KubeCredentials) {
    this.server = new URL(server);
    this.agent = new Agent({ keepAlive: true, ...credentials });
  }

  /** The answer, parsed where it is JSON. @throws {KubeError} for any status but 2xx, other errors when there is no answer */
  send<T>({ method, path, body, type }: KubeRequest): Promise<T> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = payload === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(payload) };
      const call = request({ ...this.options(method, path), headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.once("error", reject).once("end", () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve((response.headers["content-type"]?.includes("json") ? JSON.parse(text) : text) as T);
          else reject(refusal(method, path, status, text));
        });
      });
      const timer = setTimeout(() => call.destroy(new Error(`${method} ${path}: no answer in ${requestTimeout / 1000} s`)), requestTimeout);
      call.once("error", reject).once("close", () => clearTimeout(timer));
      call.end(payload);
    });
  }

  /**
   * Calls `onLine` with each line of an answer that goes on. Resolves when the server ends it or `onLine` answers false.
   *
   * @param silence milliseconds without a line after which the connection is taken to be dead
   */
  stream(path: string, onLine: (line: string) => boolean, silence: number, abort: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const call = request({ ...this.options("GET", path), signal: abort, timeout: silence }, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new KubeError(response.statusCode ?? 0, "", `GET ${path}: HTTP ${response.statusCode}`));
          return;
        }
        response.once("error", reject).once("close", resolve);
        createInterface(response)
          .on("error", reject)
          .on("line", (line) => {
            if (!onLine(line)) call.destroy();
          });
      });
      call
        .once("timeout", () => call.destroy())
        .once("error", reject)
        .end();
    });
  }

  private options(method: string, path: string): RequestOptions {
    const { hostname, port } = this.server;
    return { method, hostname, port, path, agent: this.agent };
  }
}

function refusal(method: string, path: string, status: number, text: string): KubeError {
  try {
    const body = JSON.parse(text) as { reason?: string; message?: string };
    return new KubeError(status, body.reason ?? "", `${method} ${path}: ${body.message ?? text}`);
  } catch {
    return new KubeError(status, "", `${method} ${path}: HTTP ${status}: ${text.slice(0, 500)}`);
  }
}
