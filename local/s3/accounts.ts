import { signedHeaders, type Credentials } from "./sigv4";

/** The accounts of the S3 server, by its admin calls. */
export class Accounts {
  constructor(
    private readonly endpoint: string,
    private readonly root: Credentials,
    private readonly region: string,
  ) {}

  /** Makes the server have exactly these accounts. A plain account may do nothing until a bucket's policy lets it. */
  async set(accounts: readonly Credentials[]): Promise<void> {
    const listed = await this.call("/list-users");
    const present = new Map(
      [...listed.matchAll(/<Access>([^<]*)<\/Access><Secret>([^<]*)</g)].map(([, access = "", secret = ""]) => [access, secret]),
    );
    for (const { access, secret } of accounts) {
      const known = present.get(access);
      if (known === undefined)
        await this.call("/create-user", `<Account><Access>${access}</Access><Secret>${secret}</Secret><Role>user</Role></Account>`);
      else if (known !== secret)
        await this.call(`/update-user?access=${access}`, `<MutableProps><Secret>${secret}</Secret></MutableProps>`);
    }
    const wanted = new Set(accounts.map(({ access }) => access));
    for (const access of present.keys()) if (!wanted.has(access)) await this.call(`/delete-user?access=${access}`);
  }

  private async call(path: string, body = ""): Promise<string> {
    const url = new URL(path, this.endpoint);
    const headers = signedHeaders(this.root, { method: "PATCH", url, body, region: this.region }, new Date());
    const answer = await fetch(url, {
      method: "PATCH",
      headers,
      body: body === "" ? undefined : body,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`S3 server: ${path.split("?")[0]}: ${answer.status} ${/<Message>([^<]*)/.exec(text)?.[1] ?? ""}`);
    return text;
  }
}
