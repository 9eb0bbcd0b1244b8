import { createHash } from "node:crypto";
import { connectionBroke } from "./connection";
import { tokenUrlAt } from "./endpoints";
import { type ServiceAccount, Tokens } from "./oauth2";
import { doubling, retry } from "./retry";

/** An application key of the OVHcloud API. */
export interface ApplicationKey {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

export type Credentials = ApplicationKey | ServiceAccount;

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** Says who sends a request. */
export interface SignIn {
  headers(call: Call): Promise<Record<string, string>>;
  /** Called when a request is refused. Returns true if the same one may be accepted now. */
  refused(status: number): boolean;
}

/** @param endpoint base URL of the API @param timeout of a request, all its tries together, in milliseconds */
export const signInWith = (endpoint: string, credentials: Credentials, timeout: number): SignIn =>
  "clientId" in credentials ? new TokenSignIn(endpoint, credentials, timeout) : new KeySignIn(endpoint, credentials, timeout);

/** Sent again where its connection breaks: the time may be read twice, and a second token does no harm. */
function request(url: string, timeout: number, options: RequestInit = {}): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(timeout);
  const send = async (): Promise<{ status: number; text: string }> => {
    const response = await fetch(url, { ...options, signal });
    return { status: response.status, text: await response.text() };
  };
  return retry(send, { tries: 4, pauses: doubling(200), again: connectionBroke, signal });
}

/** Signs with an application key. */
class KeySignIn implements SignIn {
  /** Seconds by which the server's clock is ahead; requests are refused when their time is off. */
  private ahead: number | undefined;

  constructor(
    private readonly endpoint: string,
    private readonly key: ApplicationKey,
    private readonly timeout: number,
  ) {}

  async headers({ method, url, body }: Call): Promise<Record<string, string>> {
    this.ahead ??= (await this.serverTime()) - Math.floor(Date.now() / 1000);
    const time = Math.floor(Date.now() / 1000) + this.ahead;
    const { applicationKey, applicationSecret, consumerKey } = this.key;
    const signed = [applicationSecret, consumerKey, method, url, body, time].join("+");
    return {
      "X-Ovh-Application": applicationKey,
      "X-Ovh-Consumer": consumerKey,
      "X-Ovh-Timestamp": String(time),
      "X-Ovh-Signature": `$1$${createHash("sha1").update(signed).digest("hex")}`,
    };
  }

  /** Seconds since 1970. */
  private async serverTime(): Promise<number> {
    const { status, text } = await request(`${this.endpoint}/auth/time`, this.timeout);
    const time = Number(text);
    if (status !== 200 || !(time > 0)) throw new Error(`GET /auth/time: HTTP ${status}, and no time`);
    return time;
  }

  refused(): boolean {
    // A clock that was set meanwhile shows as a refused request.
    this.ahead = undefined;
    return false;
  }
}

/** Sends the token of a service account, and gets another one where the API does not take it any more. */
class TokenSignIn implements SignIn {
  private readonly tokens: Tokens;

  constructor(endpoint: string, account: ServiceAccount, timeout: number) {
    this.tokens = new Tokens(tokenUrlAt(endpoint), account, (url, form) => {
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      return request(url, timeout, { method: "POST", headers, body: form });
    });
  }

  async headers(): Promise<Record<string, string>> {
    return { Authorization: `Bearer ${await this.tokens.get()}` };
  }

  refused(status: number): boolean {
    if (status === 401) this.tokens.forget();
    return status === 401;
  }
}
