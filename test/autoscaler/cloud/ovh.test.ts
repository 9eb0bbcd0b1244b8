import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { OvhClient, UncertainRemoval } from "../../../autoscaler/cloud/ovh";

const secrets = { applicationKey: "ak", applicationSecret: "as", consumerKey: "ck" };
const pools = [
  { id: "id-1", name: "system", desiredNodes: 1 },
  { id: "id-2", name: "compute", desiredNodes: 4 },
];

let server: Server;
let endpoint: string;
let puts: { url: string; body: unknown }[];
/** Statuses for the next requests for pools; 200 after these. */
let statuses: number[];
/** The same for the server's clock. */
let clocks: number[];

beforeEach(async () => {
  puts = [];
  statuses = [];
  clocks = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const url = request.url ?? "";
      // The server's clock is an hour ahead.
      const time = Math.floor(Date.now() / 1000) + 3600;
      if (url === "/1.0/auth/time") return response.writeHead(clocks.shift() ?? 200).end(String(time));
      const sent = Number(request.headers["x-ovh-timestamp"]);
      const signed = ["as", "ck", request.method, endpoint + url.slice(4), body, sent].join("+");
      const right = request.headers["x-ovh-signature"] === `$1$${createHash("sha1").update(signed).digest("hex")}`;
      if (!right || Math.abs(sent - time) > 30)
        return response.writeHead(403).end(JSON.stringify({ class: "Client::Forbidden", message: "Invalid signature" }));
      const status = statuses.shift() ?? 200;
      if (status !== 200)
        return response
          .writeHead(status)
          .end(JSON.stringify({ class: "Client::PreconditionFailed::InsufficientVCPUsQuota", message: "too many" }));
      if (request.method === "GET") return response.end(JSON.stringify(pools));
      puts.push({ url, body: JSON.parse(body) as unknown });
      return response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/1.0`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const ovh = (): OvhClient => new OvhClient({ endpoint, ...secrets, serviceName: "project", kubeId: "cluster" }, () => Promise.resolve());
const remove = (pool = "compute", from = 4): Promise<void> => ovh().removeNodes(pool, { from, to: 3 }, ["openstack:///a"]);

test("a clock that cannot be read is read again, and no request is signed without it", async () => {
  clocks = [503];
  await expect(ovh().nodesOf("compute")).resolves.toBeDefined();
  clocks = [503];
  await expect(remove()).rejects.toThrow("GET /auth/time: HTTP 503");
});

test("nodes are removed by their provider ids, signed by the server's clock", async () => {
  await remove();
  expect(puts).toEqual([
    { url: "/1.0/cloud/project/project/kube/cluster/nodepool/id-2", body: { desiredNodes: 3, nodesToRemove: ["openstack:///a"] } },
  ]);
});

test("reading is tried again after too many requests and errors of the server, a removal is not: it has to be decided on anew", async () => {
  statuses = [429, 500, 200, 503];
  await expect(ovh().nodesOf("compute")).resolves.toEqual(pools);
  statuses = [200, 503];
  await expect(remove()).rejects.toThrow(UncertainRemoval);
  // Before it was sent nothing is uncertain.
  statuses = [503];
  await expect(remove()).rejects.toMatchObject({ name: "OvhError", status: 503 });
  expect(puts).toEqual([]);
});

test("a refusal is not, and tells the error class but no secret", async () => {
  statuses = [200, 412];
  const error = await remove().catch((caught: unknown) => caught as Error);
  expect(error).toMatchObject({ status: 412, message: expect.stringContaining("InsufficientVCPUsQuota too many") as string });
  expect((error as Error).message).not.toMatch(/\b(as|ck)\b/);
  expect(puts).toEqual([]);
});

test("a pool whose size is not the one that was decided on is left alone", async () => {
  await expect(remove("compute", 5)).rejects.toMatchObject({
    status: 409,
    message: "the node pool compute is being brought to 4 nodes, not 5",
  });
  expect(puts).toEqual([]);
});

test("a pool that the cluster does not have is an error", async () => {
  await expect(remove("nope")).rejects.toThrow("the cluster cluster has no node pool nope");
});
