import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { etcd, EtcdClient } from "../../../../local/cluster/control-plane/etcd";

let root: string;
let server: Server;
/** What the server is asked, and what it answers, by path. */
let asked: [path: string, body: unknown][];
let answers: Record<string, { status?: number; body: object }>;

const sandbox = { outside: (inside: string): string => join(root, inside) };
const socket = (): string => sandbox.outside("/run/mks/etcd/etcd.sock:0");
const start = () => etcd({ sandbox, binary: "/usr/bin/etcd", folder: "/data", quota: 400, cgroup: "control-plane" });

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "etcd-"));
  asked = [];
  answers = {};
  await start().command();
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push([request.url!, JSON.parse(body)]);
      const { status = 200, body: answer } = answers[request.url!] ?? { body: {} };
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket(), resolve));
});

afterEach(() => {
  server.close();
  rmSync(root, { recursive: true });
});

const client = (): EtcdClient => new EtcdClient(sandbox);

test("starts with the quota, and takes away the socket that a killed one has left", async () => {
  server.close();
  writeFileSync(socket(), "");
  const { name, command, options } = start();
  const argv = await command();
  expect([name, options]).toEqual(["etcd", { cgroup: "control-plane", cwd: "/run/mks/etcd" }]);
  expect(argv).toEqual(
    expect.arrayContaining([
      "/usr/bin/etcd",
      "--data-dir=/data/etcd",
      "--quota-backend-bytes=400",
      "--listen-client-urls=http://127.0.0.1:2379,unix://etcd.sock:0",
    ]),
  );
  expect(existsSync(socket())).toBe(false);
});

test("tells its size and whether it is full; numbers come as text, and not at all when they are 0", async () => {
  const header = { cluster_id: "1", member_id: "10276657743932975437", revision: "42", raft_term: "2" };
  const path = "/v3/maintenance/status";
  answers[path] = { body: { header, version: "3.4.23", dbSize: "40960", dbSizeInUse: "20480", leader: "9" } };
  const status = { memberId: "10276657743932975437", revision: "42", size: 40960, inUse: 20480, isFull: false };
  expect(await client().status()).toEqual(status);
  answers[path].body = { header: { member_id: "1" }, errors: ["memberID:1 alarm:NOSPACE "] };
  expect(await client().status()).toEqual({ memberId: "1", revision: "0", size: 0, inUse: 0, isFull: true });
  answers[path].body = { header, errors: ["etcdserver: no leader"] };
  expect(await client().status()).toMatchObject({ isFull: false });
});

test("sums up all keys and values, a page after the other", async () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const pages = [
    {
      kvs: [
        { key: base64("a"), value: base64("12") },
        { key: base64("bc"), value: base64("345") },
      ],
      more: true,
      count: "3",
    },
    { kvs: [{ key: base64("bcd"), value: base64("4567") }, { key: base64("e") }], count: "1" },
  ];
  const path = "/v3/kv/range";
  Object.defineProperty(answers, path, { get: () => ({ body: pages.shift() }) });
  expect(await client().contents()).toBe(1 + 2 + 2 + 3 + 3 + 4 + 1);
  const page = { range_end: base64("\0"), limit: 500, serializable: true };
  expect(asked).toEqual([
    [path, { ...page, key: base64("\0") }],
    [path, { ...page, key: base64("bc\0") }],
  ]);
});

test("raises etcd's own alarm and takes it back", async () => {
  await client().setFull({ memberId: "7" }, true);
  await client().setFull({ memberId: "7" }, false);
  expect(asked).toEqual([
    ["/v3/maintenance/alarm", { action: "ACTIVATE", memberID: "7", alarm: "NOSPACE" }],
    ["/v3/maintenance/alarm", { action: "DEACTIVATE", memberID: "7", alarm: "NOSPACE" }],
  ]);
});

test("compacts and then defragments, also when the revision is compacted already", async () => {
  const cleaned = [
    ["/v3/kv/compaction", { revision: "42", physical: true }],
    ["/v3/maintenance/defragment", {}],
  ];
  await client().cleanUp({ revision: "42" });
  expect(asked.splice(0)).toEqual(cleaned);
  const path = "/v3/kv/compaction";
  answers[path] = { status: 400, body: { error: "etcdserver: mvcc: required revision has been compacted", code: 11 } };
  await client().cleanUp({ revision: "42" });
  expect(asked.splice(0)).toEqual(cleaned);
  answers[path] = { status: 503, body: { error: "etcdserver: leader changed", code: 14 } };
  await expect(client().cleanUp({ revision: "42" })).rejects.toThrow(/kv\/compaction: 503 .*leader changed/);
  expect(asked.map(([asked]) => asked)).toEqual([path]);
});

test("says what is wrong when nobody answers", async () => {
  server.close();
  await expect(client().status()).rejects.toThrow(/ENOENT|ECONNREFUSED/);
});
