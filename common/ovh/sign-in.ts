import { createHash } from "node:crypto";
import { connectionBroke } from "../connection";
import { tokenUrlAt } from "../endpoints";
import { doubling, retry } from "../retry";
import { type ServiceAccount, Tokens } from "./tokens";
import { type Answer, type OutgoingRequest, type Send, sendByFetch } from "./transport";

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

/**
 * @param endpoint base URL of the API
 * @param timeout of a request for the time or a token, all its tries together, in milliseconds
 */
export function signInWith(endpoint: string, credentials: Credentials, timeout: number, send: Send = sendByFetch): SignIn {
  const ask: Ask = (request) => askAgain(send, request, timeout);
  return "clientId" in credentials ? new TokenSignIn(endpoint, credentials, ask) : new KeySignIn(endpoint, credentials, ask);
}

type Ask = (request: Omit<OutgoingRequest, "timeout">) => Promise<Answer>;

/** Sent again where the connection breaks: the time may be read twice, and a second token does no harm. */
function askAgain(send: Send, request: Omit<OutgoingRequest, "timeout">, timeout: number): Promise<Answer> {
  const end = Date.now() + timeout;
  return retry(() => send({ ...request, timeout: Math.max(1, end - Date.now()) }), {
    tries: 4,
    pauses: doubling(200),
    again: (error) => connectionBroke(error) && Date.now() < end,
  });
}

/** Signs with an application key. */
class KeySignIn implements SignIn {
  /** Seconds by which the server's clock is ahead; requests are refused when their time is off. */
  private ahead: Promise<number> | undefined;

  constructor(
    private readonly endpoint: string,
    private readonly key: ApplicationKey,
    private readonly ask: Ask,
  ) {}

  async headers({ method, url, body }: Call): Promise<Record<string, string>> {
    const time = Math.floor(Date.now() / 1000) + (await this.clock());
    const { applicationKey, applicationSecret, consumerKey } = this.key;
    const signed = [applicationSecret, consumerKey, method, url, body, time].join("+");
    return {
      "X-Ovh-Application": applicationKey,
      "X-Ovh-Consumer": consumerKey,
      "X-Ovh-Timestamp": String(time),
      "X-Ovh-Signature": `$1$${createHash("sha1").update(signed).digest("hex")}`,
    };
  }

  /** Requests that begin together read the clock once. */
  private clock(): Promise<number> {
    if (this.ahead) return this.ahead;
    const ahead = this.readClock();
    this.ahead = ahead;
    ahead.catch(() => {
      if (this.ahead === ahead) this.ahead = undefined;
    });
    return ahead;
  }

  private async readClock(): Promise<number> {
    const { status, text } = await this.ask({ method: "GET", url: `${this.endpoint}/auth/time`, headers: {} });
    const time = Number(text);
    if (status !== 200 || !(time > 0)) throw new Error(`GET /auth/time: HTTP ${status}, and no time`);
    return time - Math.floor(Date.now() / 1000);
  }

  refused(status: number): boolean {
    // A clock that was set meanwhile shows as one of these.
    if ([400, 401, 403].includes(status)) this.ahead = undefined;
    return false;
  }
}

/** Sends the token of a service account, and gets another one where the API does not take it any more. */
class TokenSignIn implements SignIn {
  private readonly tokens: Tokens;

  constructor(endpoint: string, account: ServiceAccount, ask: Ask) {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    this.tokens = new Tokens(tokenUrlAt(endpoint), account, (url, form) => ask({ method: "POST", url, headers, body: form }));
  }

  async headers(): Promise<Record<string, string>> {
    return { Authorization: `Bearer ${await this.tokens.get()}` };
  }

  refused(status: number): boolean {
    if (status === 401) this.tokens.forget();
    return status === 401;
  }
}
