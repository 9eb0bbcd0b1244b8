import { type ServerResponse } from "node:http";
import { type ClusterError, type WatchEvent } from "../../kubernetes/cluster";
import { connect } from "../../kubernetes/connect";
import { selfSigned } from "../batch/fakes/certificate";
import { kubeconfig } from "../batch/fakes/kubeconfig";
import { type Answer, answerWith, serve } from "../batch/fakes/server";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A client and the server that it talks to; both end with the test. */
async function setUp(answer: Answer, timing = { silence: 2_000, patience: 2_000 }) {
  const server = await serve(answer);
  const cluster = connect(kubeconfig(server.url), timing);
  closing.push(server.close, () => cluster.close());
  return { ...server, cluster };
}

const status = (code: number, message: string) => ({ kind: "Status", code, message });
const job = { metadata: { name: "a", namespace: "batch" }, spec: {} };

async function eventsOf<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("requests", () => {
  test("carry the token, and name kind, namespace and selector", async () => {
    const { cluster, received } = await setUp((_, response) =>
      answerWith(response, 200, { metadata: { resourceVersion: "7" }, items: [job] }),
    );
    const listed = await cluster.list("jobs", "batch", { labels: "a=b,c in (d)" }, (object) => object);
    expect(listed).toEqual({ items: [job], version: "7" });
    expect(received).toMatchObject([
      {
        method: "GET",
        path: "/apis/batch/v1/namespaces/batch/jobs",
        query: { labelSelector: "a=b,c in (d)", limit: "500" },
        headers: { authorization: "Bearer secret-token" },
      },
    ]);
  });

  test("read a long list page by page", async () => {
    const { cluster, received } = await setUp(({ query }, response) => {
      const last = query.continue === "more";
      answerWith(response, 200, {
        metadata: { resourceVersion: "9", continue: last ? "" : "more" },
        items: [{ metadata: { name: last ? "b" : "a" } }],
      });
    });
    const { items } = await cluster.list("nodes", undefined, {}, ({ metadata }) => metadata.name);
    expect(items).toEqual(["a", "b"]);
    expect(received.map(({ path }) => path)).toEqual(["/api/v1/nodes", "/api/v1/nodes"]);
  });

  test("begin a list anew whose place has expired half-way, with each object once and the version of the second", async () => {
    let expired = 0;
    const { cluster } = await setUp(({ query }, response) => {
      if (query.continue === undefined) {
        const items = [{ metadata: { name: expired > 0 ? "new" : "old" } }];
        answerWith(response, 200, { metadata: { resourceVersion: String(expired), continue: "more" }, items });
      } else if (expired++ === 0) answerWith(response, 410, status(410, "The provided continue parameter is too old"));
      else answerWith(response, 200, { metadata: { resourceVersion: "9" }, items: [{ metadata: { name: "last" } }] });
    });
    expect(await cluster.list("pods", "batch", {}, ({ metadata }) => metadata.name)).toEqual({ items: ["new", "last"], version: "9" });
  });

  test("fail for a list that is gone from its first page on", async () => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, 410, status(410, "gone")));
    await expect(cluster.list("pods", "batch", {}, () => 1)).rejects.toMatchObject({ status: 410 });
    expect(received).toHaveLength(1);
  });

  test("patch with a merge patch, and delete only the object that was meant, dependents first", async () => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, 200, job));
    await cluster.patch("jobs", "batch", "a", { spec: { suspend: false } });
    await cluster.remove("jobs", "batch", "a", "uid-1");
    expect(received).toMatchObject([
      { method: "PATCH", headers: { "content-type": "application/merge-patch+json" }, body: JSON.stringify({ spec: { suspend: false } }) },
      { method: "DELETE", body: JSON.stringify({ propagationPolicy: "Foreground", preconditions: { uid: "uid-1" } }) },
    ]);
  });
});

describe("a refusal", () => {
  test("of the credentials names the kubeconfig and what to do, is not tried again and shows no token", async () => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, 401, status(401, "Unauthorized")));
    const error = (await cluster.get("jobs", "batch", "a").catch((error: unknown) => error)) as ClusterError;
    expect(error).toMatchObject({
      name: "ClusterError",
      status: 401,
      message: "the API server does not accept the kubeconfig's credentials (401); get a new kubeconfig",
    });
    expect(received).toHaveLength(1);
  });

  test("is told in the server's words", async () => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, 403, status(403, "jobs is forbidden: quota")));
    await expect(cluster.create("jobs", job)).rejects.toThrow("jobs is forbidden: quota (403)");
    expect(received).toHaveLength(1);
  });

  test("of a proxy is told in its words", async () => {
    const { cluster } = await setUp((_, response) => response.writeHead(400).end("<html>Bad Request</html>"));
    await expect(cluster.get("jobs", "batch", "a")).rejects.toThrow("<html>Bad Request</html> (400)");
  });

  test.each<[string, number, (cluster: ReturnType<typeof connect>) => Promise<unknown>]>([
    ["an object that is there is not created", 409, (cluster) => cluster.create("jobs", job)],
    ["an object that is not there is not read", 404, (cluster) => cluster.get("jobs", "batch", "a")],
    ["an object that is not there is not patched", 404, (cluster) => cluster.patch("jobs", "batch", "a", {})],
    ["another object of that name is not patched", 409, (cluster) => cluster.patch("jobs", "batch", "a", { metadata: { uid: "1" } })],
  ])("%s (%i): answers undefined, once", async (_what, code, call) => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, code, status(code, "no")));
    expect(await call(cluster)).toBeUndefined();
    expect(received).toHaveLength(1);
  });
});

test.each([
  ["is deleted", 200, true],
  ["is gone already", 404, true],
  ["has changed is not deleted", 409, false],
])("an object that %s (%i): answers %s", async (_what, code, gone) => {
  const { cluster, received } = await setUp((_, response) => answerWith(response, code, status(code, "no")));
  expect(await cluster.remove("jobs", "batch", "a", "uid-1", "7")).toBe(gone);
  expect(received).toMatchObject([
    { method: "DELETE", body: JSON.stringify({ propagationPolicy: "Foreground", preconditions: { uid: "uid-1", resourceVersion: "7" } }) },
  ]);
});

describe("an API server that is away", () => {
  test.each([429, 500, 503])("(%i) is asked again until it answers", async (code) => {
    const { cluster, received } = await setUp((_, response, n) =>
      n < 2 ? answerWith(response, code, status(code, "busy")) : answerWith(response, 200, job),
    );
    expect(await cluster.get("jobs", "batch", "a")).toEqual(job);
    expect(received).toHaveLength(3);
  });

  test("and took the first of two creates answers like one where the object is there", async () => {
    const { cluster } = await setUp((_, response, n) => (n === 0 ? response.destroy() : answerWith(response, 409, status(409, "exists"))));
    expect(await cluster.create("jobs", job)).toBeUndefined();
  });

  test("is given up after a while, with its fault", async () => {
    const { cluster, received } = await setUp((_, response) => answerWith(response, 503, status(503, "etcd is away")), {
      silence: 1_000,
      patience: 1_000,
    });
    await expect(cluster.get("jobs", "batch", "a")).rejects.toMatchObject({ message: "etcd is away (503)", transient: true });
    expect(received.length).toBeGreaterThan(1);
  });

  test("and says nothing is given up after a while", async () => {
    const { cluster } = await setUp(() => undefined, { silence: 200, patience: 0 });
    await expect(cluster.get("jobs", "batch", "a")).rejects.toMatchObject({
      message: "no answer within 0.2 s",
      status: undefined,
      transient: true,
    });
  });

  test("and has left all connections dead is reached over a new one at the next try", async () => {
    const first: ServerResponse[] = [];
    const dead = new Set<unknown>();
    const answer: Answer = (_, response, n) => {
      if (n < 4) first.push(response);
      // Answers that wait for each other come over a connection each.
      if (n === 3) for (const response of first) answerWith(response, 200, job);
      if (n < 4) dead.add(response.socket);
      else if (!dead.has(response.socket)) answerWith(response, 200, job);
    };
    const { cluster, received } = await setUp(answer, { silence: 1_000, patience: 20_000 });
    await Promise.all(["a", "b", "c", "d"].map((name) => cluster.get("jobs", "batch", name)));
    expect(await cluster.get("jobs", "batch", "e")).toEqual(job);
    expect(received).toHaveLength(6);
  });

  test("and stops in the middle of an answer is given up after a while", async () => {
    const { cluster } = await setUp((_, response) => response.writeHead(200).write("{"), { silence: 200, patience: 0 });
    await expect(cluster.get("jobs", "batch", "a")).rejects.toMatchObject({ name: "ClusterError", transient: true });
  });

  test("and does not listen is given up after a while", async () => {
    const { cluster, close } = await setUp(() => undefined, { silence: 200, patience: 0 });
    await close();
    await expect(cluster.get("jobs", "batch", "a")).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe("a watch", () => {
  const watch = (cluster: ReturnType<typeof connect>, signal = new AbortController().signal) =>
    eventsOf(cluster.watch("pods", "batch", { labels: "a=b" }, "5", signal) as AsyncIterable<WatchEvent<unknown>>);

  test("yields events from the given version on, wherever the connection cuts the lines", async () => {
    const events = ["ADDED", "MODIFIED", "BOOKMARK"].map((type) => ({ type, object: { metadata: { name: "é" } } }));
    const { cluster, received } = await setUp((_, response) => {
      const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      const cut = bytes.indexOf("é") + 1;
      response.writeHead(200).write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 20);
    });
    expect(await watch(cluster)).toEqual(events);
    expect(received).toMatchObject([
      {
        path: "/api/v1/namespaces/batch/pods",
        query: { watch: "true", resourceVersion: "5", allowWatchBookmarks: "true", labelSelector: "a=b" },
      },
    ]);
  });

  test("from a version that is gone has expired, whether the answer or an event says so", async () => {
    const gone = status(410, "too old resource version");
    const refused = await setUp((_, response) => answerWith(response, 410, gone));
    expect(await watch(refused.cluster)).toEqual([{ type: "EXPIRED" }]);
    const told = await setUp((_, response) => response.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`));
    expect(await watch(told.cluster)).toEqual([{ type: "EXPIRED" }]);
  });

  test("with another error throws it", async () => {
    const { cluster } = await setUp((_, response) =>
      response.end(`${JSON.stringify({ type: "ERROR", object: status(500, "etcd: leader changed") })}\n`),
    );
    await expect(watch(cluster)).rejects.toMatchObject({ message: "etcd: leader changed", transient: true });
  });

  test("whose connection breaks throws, so that it can be begun again", async () => {
    const { cluster } = await setUp((_, response) => {
      response.writeHead(200).write(`{"type"`);
      setTimeout(() => response.destroy(), 20);
    });
    await expect(watch(cluster)).rejects.toMatchObject({ name: "ClusterError", transient: true });
  });

  test("that a proxy cuts off within a line throws, too", async () => {
    const { cluster } = await setUp((_, response) => response.end(`{"type":"ADD`));
    await expect(watch(cluster)).rejects.toMatchObject({ name: "ClusterError", transient: true });
  });

  test("holds no call up, however many there are", async () => {
    const { cluster } = await setUp(({ query }, response) => {
      if (query.watch === "true") response.writeHead(200).flushHeaders();
      else answerWith(response, 200, job);
    });
    const stop = new AbortController();
    const watches = Array.from({ length: 100 }, () => watch(cluster, stop.signal).catch(() => undefined));
    await expect(cluster.get("jobs", "batch", "a")).resolves.toMatchObject(job);
    stop.abort();
    await Promise.all(watches);
  });

  test("ends when nobody wants it any more", async () => {
    const { cluster } = await setUp((_, response) => response.writeHead(200).flushHeaders());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(watch(cluster, stop.signal)).rejects.toThrow(/abort/i);
  });
});

describe("over TLS", () => {
  let tls: { cert: string; key: string };
  beforeAll(async () => void (tls = await selfSigned()));
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  async function get(cluster: object) {
    const server = await serve((_, response) => answerWith(response, 200, job), tls);
    const client = connect(kubeconfig(server.url, undefined, cluster), { silence: 2_000, patience: 0 });
    closing.push(server.close, () => client.close());
    return { answer: client.get("jobs", "batch", "a"), received: server.received };
  }

  test("a server whose certificate the kubeconfig's authority signed is trusted", async () => {
    expect(await (await get({ "certificate-authority-data": base64(tls.cert) })).answer).toEqual(job);
  });

  test("any other server gets no request", async () => {
    const { answer, received } = await get({});
    await expect(answer).rejects.toThrow(/self-signed certificate/);
    expect(received).toEqual([]);
  });

  test("unless the kubeconfig says so", async () => {
    expect(await (await get({ "insecure-skip-tls-verify": true })).answer).toEqual(job);
  });
});
