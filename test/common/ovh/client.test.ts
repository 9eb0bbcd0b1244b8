import { OvhApi, type OvhOptions } from "../../../common/ovh/client";
import { type NoAnswerError, OvhError } from "../../../common/ovh/errors";
import type { Answer, OutgoingRequest } from "../../../common/ovh/transport";

const account = { clientId: "id", clientSecret: "hunter2" };
const answer = (status: number, body: unknown = {}, retryAfter?: string): Answer => ({
  status,
  text: JSON.stringify(body),
  header: (name) => (name === "retry-after" ? retryAfter : undefined),
});
const broken = (code: string): Error => Object.assign(new Error("no connection"), { code });

let sent: OutgoingRequest[];
let tokens: number;
let pauses: number[];
let failures: (OvhError | NoAnswerError)[];
/** What the next requests end with; `{ok: true}` after these. */
let outcomes: (Answer | Error)[];

beforeEach(() => {
  [sent, tokens, pauses, failures, outcomes] = [[], 0, [], [], []];
});

const api = (options: Partial<OvhOptions> = {}): OvhApi =>
  new OvhApi("https://api.test/1.0", account, {
    timeout: 1_000,
    tries: 3,
    send: (request) => {
      if (request.url.endsWith("/token")) return Promise.resolve(answer(200, { access_token: `token-${++tokens}`, expires_in: 3600 }));
      sent.push(request);
      const outcome = outcomes.shift() ?? answer(200, { ok: true });
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
    wait: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    onFailure: (error) => failures.push(error),
    ...options,
  });

test("a token that the API does not take any more is replaced at once, and the request sent again", async () => {
  outcomes = [answer(401)];
  await expect(api().request("POST", "/kube", { name: "a" })).resolves.toEqual({ ok: true });
  expect(sent.map(({ headers }) => headers.Authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  expect([pauses, failures]).toEqual([[], []]);
});

test("a second refusal of a new token is an error", async () => {
  outcomes = [answer(401), answer(401, { class: "Client::Unauthorized", message: "no" })];
  await expect(api().request("GET", "/kube")).rejects.toThrow("GET /kube: HTTP 401 Client::Unauthorized no");
  expect(sent).toHaveLength(2);
});

test("pauses double, with some chance in them, and are as long as the API asks for", async () => {
  outcomes = [answer(503), answer(429, {}, "7")];
  await api().request("GET", "/kube");
  expect(pauses[0]).toBeGreaterThanOrEqual(375);
  expect(pauses[0]).toBeLessThanOrEqual(625);
  expect(pauses[1]).toBe(7_000);
  expect(failures.map((error) => error instanceof OvhError && error.status)).toEqual([503, 429]);
});

test("a POST that may have taken effect is not sent again; one that did not leave this machine is", async () => {
  outcomes = [broken("ECONNRESET")];
  await expect(api().request("POST", "/kube", {})).rejects.toMatchObject({ name: "NoAnswerError", maybeSent: true });
  outcomes = [answer(500)];
  await expect(api().request("POST", "/kube", {})).rejects.toBeInstanceOf(OvhError);
  outcomes = [broken("ECONNREFUSED"), answer(429)];
  await expect(api().request("POST", "/kube", {})).resolves.toEqual({ ok: true });
  outcomes = [broken("ECONNRESET"), answer(500)];
  await expect(api().request("POST", "/kube", {}, { repeatable: true })).resolves.toEqual({ ok: true });
  expect(sent).toHaveLength(8);
});

test.each([400, 404, 409, 501])("a %i is not tried again", async (status) => {
  outcomes = [answer(status)];
  await expect(api().request("GET", "/kube")).rejects.toMatchObject({ status });
  expect(sent).toHaveLength(1);
});

test("the last error is thrown, after as many tries as were asked for; it names the right that a policy lacks", async () => {
  outcomes = Array<Answer>(3).fill(answer(503));
  await expect(api().request("GET", "/kube")).rejects.toThrow("GET /kube: HTTP 503");
  expect(sent).toHaveLength(3);
  outcomes = [answer(503)];
  await expect(api().request("GET", "/kube", undefined, { tries: 1 })).rejects.toThrow("HTTP 503");
  outcomes = [
    answer(403, { class: "Client::Forbidden", message: "no", details: { unauthorizedActionsByIAM: "publicCloudProject:apiovh:x" } }),
  ];
  await expect(api().request("GET", "/kube")).rejects.toThrow("(missing in the IAM policy: publicCloudProject:apiovh:x)");
});

test("a token that is refused is the API's refusal, without a secret", async () => {
  const refusing = api({ send: () => Promise.resolve(answer(401, { error: "invalid_client" })) });
  const error = await refusing.request("GET", "/kube").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "OvhError", status: 401, message: expect.stringContaining("invalid_client") as string });
  expect(String(error)).not.toContain("hunter2");
});
