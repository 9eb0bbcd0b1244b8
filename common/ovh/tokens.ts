/** Tokens of OVHcloud service accounts (OAuth2, client credentials). */

export interface ServiceAccount {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The token endpoint refused, or did not answer as it should. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  constructor(
    /** HTTP status. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface TokenAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends a form to the token endpoint. Rejects only where no answer comes. */
export type PostForm = (url: string, form: string) => Promise<TokenAnswer>;

/** How long before its end a token is not used any more, in milliseconds: the request with it must arrive in time. */
const margin = 60_000;

/**
 * Keeps a token until shortly before it expires.
 * @see https://docs.ovhcloud.com/en/guides/manage-and-operate/api/manage-service-account
 */
export class Tokens {
  private current: { readonly token: Promise<string>; expires: number } | undefined;

  constructor(
    private readonly url: string,
    private readonly account: ServiceAccount,
    private readonly post: PostForm,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws {TokenError} when the endpoint refuses; secrets are in no message */
  get(): Promise<string> {
    if (!this.current || this.now() >= this.current.expires) this.renew();
    return this.current!.token;
  }

  /** The API does not take the token any more: the next {@link get} asks for another. */
  forget(): void {
    this.current = undefined;
  }

  private renew(): void {
    const asked = this.now();
    const fetched = this.fetch();
    // Whoever asks meanwhile waits for the same one; what failed is asked for again.
    const current = { token: fetched.then(({ token }) => token), expires: Infinity };
    this.current = current;
    fetched.then(
      ({ lifetime }) => (current.expires = asked + lifetime - margin),
      () => {
        if (this.current === current) this.current = undefined;
      },
    );
  }

  private async fetch(): Promise<{ token: string; lifetime: number }> {
    const { clientId, clientSecret } = this.account;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope: "all" });
    const { status, text } = await this.post(this.url, form.toString());
    const answer = parse(text);
    if (status !== 200 || !answer.access_token) {
      const reason = [answer.error, answer.error_description].filter(Boolean).join(": ");
      throw new TokenError(status, `POST ${this.url}: HTTP ${status} ${reason}`.trim());
    }
    return { token: answer.access_token, lifetime: 1000 * (answer.expires_in ?? 0) };
  }
}

interface Answer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description?: string;
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
