import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { ConfigError } from "../../common/config-error";
import { serve } from "../../service/server";

async function listen(port = 0): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, resolve));
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function freePort(): Promise<number> {
  const server = await listen();
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const health = { alive: true, ready: false };
let metrics: () => Promise<string>;
let port: number;
let close: () => void;

beforeEach(async () => {
  Object.assign(health, { alive: true, ready: false });
  metrics = () => Promise.resolve("things_total 1\n");
  port = await freePort();
  close = await serve(port, { alive: () => health.alive, ready: () => health.ready }, () => metrics());
});
afterEach(() => close());

async function get(path: string): Promise<[number, string, string | null]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return [response.status, await response.text(), response.headers.get("content-type")];
}

test("the probes tell whether the loop turns and the caches are filled", async () => {
  expect((await get("/healthz")).slice(0, 2)).toEqual([200, "ok\n"]);
  expect((await get("/readyz")).slice(0, 2)).toEqual([503, "the caches are not filled yet\n"]);
  Object.assign(health, { alive: false, ready: true });
  expect((await get("/healthz")).slice(0, 2)).toEqual([503, "the loop does not turn\n"]);
  expect((await get("/readyz")).slice(0, 2)).toEqual([200, "ok\n"]);
});

test("metrics are in Prometheus's text format", async () => {
  expect(await get("/metrics")).toEqual([200, "things_total 1\n", "text/plain; version=0.0.4"]);
});

test("metrics that cannot be collected are an error of that request only", async () => {
  metrics = () => Promise.reject(new Error("no value"));
  expect((await get("/metrics")).slice(0, 2)).toEqual([500, "no value\n"]);
  expect((await get("/healthz"))[0]).toBe(200);
});

test("there is nothing else", async () => {
  expect((await get("/"))[0]).toBe(404);
});

test("a port that another program has is told", async () => {
  const error = await serve(port, { alive: () => true, ready: () => true }, metrics).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toBe(`httpPort (${port}) is in use by another program.`);
});
