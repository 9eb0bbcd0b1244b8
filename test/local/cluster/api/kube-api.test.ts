import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { KubeApi, type KubeObject } from "../../../../local/cluster/api/kube-api";
import { Authority } from "../../../../local/cluster/control-plane/pki";
import { waitUntil } from "../../../../local/lib/wait";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "kube-api-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(file, "utf8");

describe("the client of the API server", () => {
  const respond = new Map<string, () => { status: number; body: unknown }>();
  let server: ReturnType<typeof createServer>;
  let seen: { method: string; url: string; user: string; body: string; type: string | undefined }[];
  let stream: ((line: string | undefined) => void) | undefined;

  const connect = async (user = "admin"): Promise<KubeApi> => {
    const ca = await Authority.open(folder, "ca");
    const serving = await ca.issue("server", { commonName: "server", server: { dns: [], ip: ["127.0.0.1"] } });
    const client = await ca.issue("client", { commonName: user });
    const options = { key: read(serving.key), cert: read(serving.cert), ca: read(ca.cert), requestCert: true, rejectUnauthorized: true };
    server = createServer(options, (request, response) => {
      let body = "";
      request.on("data", (piece: Buffer) => (body += piece.toString()));
      request.on("end", () => {
        const peer = (request.socket as TLSSocket).getPeerCertificate();
        seen.push({
          method: request.method!,
          url: request.url!,
          user: String(peer.subject.CN),
          body,
          type: request.headers["content-type"],
        });
        if (request.url!.includes("watch=true")) {
          response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
          stream = (line) => (line === undefined ? response.destroy() : response.write(line));
          return;
        }
        const answer = respond.get(`${request.method} ${request.url!.split("?")[0]}`)?.() ?? {
          status: 404,
          body: { reason: "NotFound", message: "gone" },
        };
        response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const pem = { ca: read(ca.cert), cert: read(client.cert), key: read(client.key) };
    return new KubeApi(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, pem);
  };
  beforeEach(() => {
    seen = [];
    respond.clear();
    stream = undefined;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("shows its certificate, sends patches as what they are and reports refusals", async () => {
    const api = await connect("kubernetes-admin");
    respond.set("PATCH /a", () => ({ status: 200, body: { ok: true } }));
    respond.set("POST /a", () => ({ status: 409, body: { reason: "AlreadyExists", message: "there is one" } }));
    await expect(api.patch("/a", { x: null })).resolves.toEqual({ ok: true });
    await api.apply("/a", { y: 1 });
    await expect(api.create("/a", {})).rejects.toMatchObject({ status: 409, reason: "AlreadyExists", message: "there is one (409)" });
    await expect(api.find("/missing")).resolves.toBeUndefined();
    await api.delete("/missing");
    expect(seen.slice(0, 2)).toEqual([
      { method: "PATCH", url: "/a", user: "kubernetes-admin", body: '{"x":null}', type: "application/merge-patch+json" },
      {
        method: "PATCH",
        url: "/a?fieldManager=ovh-mks-batch-local&force=true",
        user: "kubernetes-admin",
        body: '{"y":1}',
        type: "application/apply-patch+yaml",
      },
    ]);
  });

  test("asks again where that is safe, and not where it is not", async () => {
    const api = await connect();
    let failures = 2;
    const answer = () => (failures-- > 0 ? { status: 503, body: {} } : { status: 200, body: { done: true } });
    respond.set("GET /a", answer);
    respond.set("POST /a", answer);
    await expect(api.get("/a")).resolves.toEqual({ done: true });
    failures = 1;
    await expect(api.create("/a", {})).rejects.toMatchObject({ status: 503 });
  });

  test("follows a collection, and goes on after a broken connection", async () => {
    const api = await connect();
    const item = (name: string, resourceVersion = "1"): KubeObject => ({ metadata: { name, resourceVersion } });
    respond.set("GET /things", () => ({ status: 200, body: { items: [item("a")], metadata: { resourceVersion: "7" } } }));
    const events: string[] = [];
    const follower = {
      replace: (all: readonly KubeObject[]) => void events.push(`all ${all.map((o) => o.metadata.name).join()}`),
      set: ({ metadata }: KubeObject) => void events.push(`set ${metadata.name}`),
      remove: ({ metadata }: KubeObject) => void events.push(`removed ${metadata.name}`),
    };
    const abort = new AbortController();
    const following = api.follow("/things", follower, abort.signal);
    await waitUntil(() => stream !== undefined, 5_000);
    expect(seen.at(-1)?.url).toBe("/things?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300");
    stream!(JSON.stringify({ type: "ADDED", object: item("b", "8") }) + "\n");
    await waitUntil(() => events.length === 2, 5_000);
    // Half a line, and then the connection is gone.
    const broken = stream!;
    broken('{"type":"MODI');
    broken(undefined);
    await waitUntil(() => stream !== broken, 5_000);
    expect(seen.at(-1)?.url).toContain("resourceVersion=8");
    stream!(JSON.stringify({ type: "DELETED", object: item("a", "9") }) + "\n");
    await waitUntil(() => events.length === 3, 5_000);
    abort.abort();
    await following;
    expect(events).toEqual(["all a", "set b", "removed a"]);
  });

  test("does not talk to a server of another authority", async () => {
    await connect();
    const other = await Authority.open(join(folder, "other"), "ca");
    const client = await other.issue("client", { commonName: "x" });
    const pem = { ca: read(other.cert), cert: read(client.cert), key: read(client.key) };
    const api = new KubeApi(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, pem);
    await expect(api.isReady()).resolves.toBe(false);
  });
});
