import { endpoints, subsidiaryAt, tokenUrlAt } from "../../../common/endpoints";
import { TokenError, Tokens } from "../../../common/ovh/tokens";

const account = { clientId: "id", clientSecret: "very secret" };

/** A token endpoint that counts, on a clock of its own. */
function endpoint(answers: { status?: number; body?: unknown }[] = []) {
  const forms: string[] = [];
  const clock = { now: 1_000_000 };
  const post = (url: string, form: string) => {
    forms.push(`${url} ${form}`);
    const { status = 200, body = { access_token: `token-${forms.length}`, token_type: "Bearer", expires_in: 3599 } } =
      answers.shift() ?? {};
    return Promise.resolve({ status, text: typeof body === "string" ? body : JSON.stringify(body) });
  };
  return { forms, clock, tokens: new Tokens("https://auth.example/token", account, post, () => clock.now) };
}

describe("the token of a service account", () => {
  it("is asked for with the client's credentials, once for all who wait", async () => {
    const { tokens, forms } = endpoint();
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(["token-1", "token-1"]);
    expect(forms).toEqual(["https://auth.example/token grant_type=client_credentials&client_id=id&client_secret=very+secret&scope=all"]);
  });

  it("is kept until a minute before its end", async () => {
    const { tokens, clock } = endpoint();
    await tokens.get();
    clock.now += (3599 - 61) * 1000;
    expect(await tokens.get()).toBe("token-1");
    clock.now += 1000;
    expect(await tokens.get()).toBe("token-2");
  });

  it("is asked for anew once it is forgotten, or could not be had", async () => {
    const { tokens } = endpoint([{}, { status: 503, body: "busy" }]);
    expect(await tokens.get()).toBe("token-1");
    tokens.forget();
    await expect(tokens.get()).rejects.toThrow("POST https://auth.example/token: HTTP 503");
    expect(await tokens.get()).toBe("token-3");
  });

  it.each([
    [
      "a refusal",
      { status: 401, body: { error: "invalid_client", error_description: "Client authentication failed" } },
      /401 invalid_client: Client auth/,
    ],
    ["an answer without a token", { status: 200, body: {} }, /HTTP 200/],
    ["no JSON", { status: 200, body: "<html>" }, /HTTP 200/],
  ])("tells of %s, and of no secret", async (_, answer, message) => {
    const error = await endpoint([answer])
      .tokens.get()
      .catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(TokenError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("secret");
  });
});

test("prices are those of the API's subsidiary, by its name or its URL", () => {
  const subsidiaries = { "ovh-eu": "FR", "ovh-ca": "CA", "ovh-us": "US", "http://127.0.0.1:18080/1.0": "FR" };
  for (const [endpoint, subsidiary] of Object.entries(subsidiaries))
    expect([endpoint, subsidiaryAt(endpoint), subsidiaryAt(endpoints[endpoint] ?? endpoint)]).toEqual([endpoint, subsidiary, subsidiary]);
});

test("each of OVHcloud's APIs has its token endpoint, another one has it beside it", () => {
  expect(Object.fromEntries(Object.entries(endpoints).map(([name, url]) => [name, tokenUrlAt(url)]))).toEqual({
    "ovh-eu": "https://auth.eu.ovhcloud.com/oauth2/token",
    "ovh-ca": "https://auth.ca.ovhcloud.com/oauth2/token",
    "ovh-us": "https://us.ovhcloud.com/auth/oauth2/token",
  });
  expect(tokenUrlAt("https://eu.api.ovh.com/v1")).toBe("https://auth.eu.ovhcloud.com/oauth2/token");
  expect(tokenUrlAt("http://10.250.0.1:18080/1.0")).toBe("http://10.250.0.1:18080/auth/oauth2/token");
});
