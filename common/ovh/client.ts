/**
 * The OVHcloud API, signed with an application key or a service account's token: the one client of everything here that asks it.
 * common/ovh imports common/ only.
 */
import { doubling, retry, type RetryOptions } from "../retry";
import { errorOf, NoAnswerError, OvhError } from "./errors";
import { type Credentials, type SignIn, signInWith } from "./sign-in";
import { TokenError } from "./tokens";
import { type Answer, type Send, sendByFetch } from "./transport";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface OvhOptions {
  /** Milliseconds that one try may take. */
  readonly timeout: number;
  /** How often a request is tried before it fails. */
  readonly tries: number;
  /** @default fetch() */
  readonly send?: Send;
  /** @default a timer */
  readonly wait?: RetryOptions["wait"];
  /** Called after each failed try, e.g. for metrics. */
  readonly onFailure?: (error: OvhError | NoAnswerError) => void;
  /** Makes the error of an answer that is one. @default {@link errorOf} */
  readonly errorOf?: (method: string, path: string, answer: Answer) => OvhError;
}

export interface RequestOptions {
  /**
   * Twice is as good as once: the request is sent again even where it may have taken effect.
   * @default true, but for POST
   */
  readonly repeatable?: boolean;
  /** @default {@link OvhOptions.tries} */
  readonly tries?: number;
}

const pauses = doubling(500, 8_000);

/** The longest pause that the API may ask for, in milliseconds. */
const longestPause = 60_000;

/** @see https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api */
export class OvhApi {
  private readonly signIn: SignIn;
  private readonly send: Send;

  /** @param endpoint base URL, e.g. `https://eu.api.ovh.com/1.0` */
  constructor(
    readonly endpoint: string,
    credentials: Credentials,
    private readonly options: OvhOptions,
  ) {
    this.send = options.send ?? sendByFetch;
    this.signIn = signInWith(endpoint, credentials, options.timeout, this.send);
  }

  /**
   * Sends a request, again after growing pauses on 429, 5xx and broken connections.
   *
   * @param path after the API's version
   * @returns what the body says; undefined where there is none
   * @throws {OvhError} when the API refuses @throws {NoAnswerError} when no answer comes
   */
  async request<T>(method: Method, path: string, content?: unknown, options: RequestOptions = {}): Promise<T> {
    const { repeatable = method !== "POST", tries = this.options.tries } = options;
    return retry(() => this.ask<T>(method, path, content), {
      tries,
      pauses: (attempt, error) => {
        const pause = pauses(attempt, error) * (0.75 + Math.random() / 2);
        return error instanceof OvhError ? Math.max(pause, Math.min(error.retryAfter, longestPause)) : pause;
      },
      again: (error) => mayPass(error, repeatable),
      ...(this.options.wait && { wait: this.options.wait }),
    });
  }

  private async ask<T>(method: Method, path: string, content: unknown): Promise<T> {
    try {
      const answer = await this.exchange(method, path, content === undefined ? "" : JSON.stringify(content));
      if (answer.status < 200 || answer.status >= 300) throw (this.options.errorOf ?? errorOf)(method, path, answer);
      return (answer.text === "" ? undefined : JSON.parse(answer.text)) as T;
    } catch (error) {
      if (error instanceof OvhError || error instanceof NoAnswerError) this.options.onFailure?.(error);
      throw error;
    }
  }

  /** One try; a second one where the first did nothing but find the token out of date. */
  private async exchange(method: Method, path: string, body: string): Promise<Answer> {
    const answer = await this.sendSigned(method, path, body);
    return answer.status >= 400 && this.signIn.refused(answer.status) ? this.sendSigned(method, path, body) : answer;
  }

  private async sendSigned(method: Method, path: string, body: string): Promise<Answer> {
    const url = this.endpoint + path;
    let signedIn = false;
    try {
      const signed = await this.signIn.headers({ method, url, body });
      signedIn = true;
      const headers = { ...(body && { "Content-Type": "application/json" }), ...signed };
      return await this.send({ method, url, headers, timeout: this.options.timeout, ...(body && { body }) });
    } catch (error) {
      if (error instanceof TokenError) throw new OvhError(error.status, "", error.message);
      throw new NoAnswerError(method, path, error, { signedIn });
    }
  }
}

/** 501 is what the API does not have: no repetition mends it. */
function mayPass(error: unknown, repeatable: boolean): boolean {
  if (error instanceof NoAnswerError) return repeatable || !error.maybeSent;
  if (!(error instanceof OvhError)) return false;
  return error.status === 429 || (repeatable && error.status >= 500 && error.status !== 501);
}
