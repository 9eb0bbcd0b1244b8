import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Api, type Credentials } from "../../../../../local/plugins/ovh/common/api";

type Answer = (request: IncomingMessage & { body: string }, response: ServerResponse) => void;

const keys = { applicationKey: "AK", applicationSecret: "AS", consumerKey: "CK" };
const requests: { method?: string; url?: string; headers: IncomingMessage["headers"]; body: string }[] = [];
let answers: Answer[] = [];
let server: Server;
let endpoint: string;

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};
const hangUp: Answer = (request) => request.socket.destroy();

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/1.0/auth/time") return response.end(String(Math.floor(Date.now() / 1000) + 1000));
      requests.push({ method: request.method, url: request.url, headers: request.headers, body });
      (answers.shift() ?? answer(200, { ok: true }))(Object.assign(request, { body }), response);
      return undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/1.0`;
});

afterAll(() => server.close());

beforeEach(() => {
  requests.length = 0;
  answers = [];
});

const api = (more: Partial<Credentials> = {}) => new Api({ endpoint, ...keys, ...more });

test("requests are signed, by the API's clock", async () => {
  await api().post("/cloud/project/p/kube", { name: "é" });
  const [sent] = requests;
  const timestamp = Number(sent?.headers["x-ovh-timestamp"]);
  expect(timestamp - Date.now() / 1000).toBeGreaterThan(990);
  const text = `AS+CK+POST+${endpoint}/cloud/project/p/kube+{"name":"é"}+${timestamp}`;
  expect(sent?.headers).toMatchObject({
    "x-ovh-application": "AK",
    "x-ovh-consumer": "CK",
    "x-ovh-signature": `$1$${createHash("sha1").update(text).digest("hex")}`,
  });
});

test("reads are tried again on 429, 5xx and broken connections", async () => {
  answers = [answer(429, {}), answer(503, {}), hangUp, answer(200, { a: 1 })];
  expect(await api().get("/x")).toEqual({ a: 1 });
  expect(requests).toHaveLength(4);
});

test("a POST that may have taken effect is not sent again", async () => {
  answers = [answer(500, { class: "Server::Error", message: "oops" })];
  await expect(api().post("/x", {})).rejects.toThrow("POST /x: 500 Server::Error oops");
  answers = [hangUp];
  await expect(api().post("/x", {})).rejects.toThrow(/no answer from the OVHcloud API/);
  expect(requests).toHaveLength(2);
});

test("a POST is sent again where the limit refused it, and where twice is as good as once", async () => {
  answers = [answer(429, {}, { "retry-after": "1" })];
  const start = Date.now();
  await api().post("/x", {});
  expect(Date.now() - start).toBeGreaterThanOrEqual(990);
  answers = [answer(500, {})];
  await api().post("/x", {}, { idempotent: true });
  expect(requests).toHaveLength(4);
});

test.each([
  [412, "Client::PreconditionFailed", "[InsufficientVCPUsQuota] too little quota", /Raise the project's quota/],
  [403, "Client::Forbidden", "This call has not been granted", /the key grants/],
  [404, "Client::NotFound", "This service does not exist", /Check serviceName/],
])("a %s has its class, message and query id, and what to do", async (status, kind, message, hint) => {
  answers = [answer(status, { class: kind, message }, { "X-Ovh-QueryID": "q-1" })];
  const failed = api().get("/cloud/project/p");
  await expect(failed).rejects.toThrow(`GET /cloud/project/p: ${status} ${kind} ${message} (X-Ovh-QueryID: q-1)`);
  await expect(failed).rejects.toThrow(hint);
});

test("no error shows a key", async () => {
  answers = [answer(401, { message: "no" })];
  const error = await api({ applicationSecret: "very-secret" })
    .get("/x")
    .catch((reason: Error) => reason);
  expect(String(error)).not.toMatch(/very-secret|CK|AK/);
});

test("what is not there is found to be so, and other errors stay errors", async () => {
  answers = [answer(404, {}), answer(400, { message: "bad" })];
  expect(await api().find("/x")).toBeUndefined();
  await expect(api().find("/x")).rejects.toThrow("bad");
});
