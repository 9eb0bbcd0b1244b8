import { describePreview, preview } from "../../../batch";
import { parseImage, readDigest } from "../../../batch/jobs/image-digest";
import { selfSigned } from "../fakes/certificate";
import { type Answer, type Received, serve } from "../fakes/server";
import { createWorld, type World } from "../fakes/world";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const basic = `Basic ${Buffer.from("me:very-secret").toString("base64")}`;
// Errors of Node's own modules are of another realm than those of a test, which is why their words may begin with their names here.
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function registry(answer: Answer) {
  const { url, received, close } = await serve(answer);
  closing.push(close);
  return { host: new URL(url).host, url, received };
}

const tells =
  (now: string): Answer =>
  (_received, response) =>
    response.writeHead(200, { "docker-content-digest": now }).end();

/** A Job whose tasks have run with the first of these digests, at a registry. */
async function setUp(answer: Answer, ran = digest("a")) {
  const { host, url, received } = await registry(answer);
  const world = createWorld();
  const image = `${host}/team/fit:1`;
  world.cluster.imageID = `${host}/team/fit@${ran}`;
  const auths = { [host]: { username: "me", password: "very-secret" } };
  const text = Buffer.from(JSON.stringify({ auths })).toString("base64");
  world.cluster.put("secrets", { metadata: { name: "registry", namespace: "batch" }, data: { ".dockerconfigjson": text } } as never);
  await world.go({ image });
  expect(received).toEqual([]);
  world.said.length = 0;
  return { world, image, received, url, host };
}

test.each([
  ["python", "docker.io", "library/python", "latest"],
  ["python:3.12", "docker.io", "library/python", "3.12"],
  ["me/fit:1", "docker.io", "me/fit", "1"],
  ["ghcr.io/a/b/c:x", "ghcr.io", "a/b/c", "x"],
  ["10.0.0.1:5000/fit", "10.0.0.1:5000", "fit", "latest"],
  ["localhost/fit:1", "localhost", "fit", "1"],
])("reads the image %s", (image, host, repository, tag) => expect(parseImage(image)).toEqual({ host, repository, tag }));

test("an image that is named by its digest is not asked for", () => expect(parseImage(`a/b:1@${digest("a")}`)).toBeUndefined());

test("a tag that names another image now is told by the run and its preview, with what to do; the records have the digests", async () => {
  const { world, image, host, received } = await setUp(tells(digest("b")));
  expect(world.records().map(({ attempts }) => attempts[0]?.image)).toEqual(["a", "b", "c"].map(() => `${image}@${digest("a")}`));
  const words =
    `${image} names another image now (sha256:bbbbbbbbbbbb) than the one that tasks have run (sha256:aaaaaaaaaaaa): what is done does not run again, and nodes ` +
    `that have the old image keep using it; to run all of it with the new one, give it a tag of its own, or its digest: ${host}/team/fit@${digest("b")}`;
  const preview = await world.plan({ image });
  expect(preview.moved).toBe(words);
  expect(describePreview(preview)).toContain(words);
  expect(await world.go({ image })).toMatchObject({ status: "complete", counts: { skipped: 3 } });
  expect(world.said).toEqual([words]);
  expect(received.at(-1)).toMatchObject({ method: "HEAD", path: "/v2/team/fit/manifests/1" });
  expect(received.at(-1)?.headers.accept).toContain("application/vnd.oci.image.index.v1+json");
});

test("a preview asks nobody of a schedule, which runs done tasks too, nor where it is not to", async () => {
  const { world, image, received } = await setUp(tells(digest("b")));
  expect(await world.plan({ image, schedule: { cron: "0 3 * * *" } })).not.toHaveProperty("moved");
  expect(await preview(world.parameters({ image }), { ...world, asksRegistry: false })).not.toHaveProperty("moved");
  expect(received).toEqual([]);
});

test("one that names the same image is not worth a word", async () => {
  const { world, image, received } = await setUp(tells(digest("a")));
  await world.go({ image });
  expect(world.said).toEqual([]);
  expect(received).toHaveLength(1);
});

test("a registry that wants an account gets that of the pull secret: by itself, or for a token", async () => {
  const guarded =
    (right: string, challenge: (received: Received) => string): Answer =>
    (received, response, n) => {
      if (received.path === "/token") {
        expect(received).toMatchObject({ query: { service: "s", scope: "repository:team/fit:pull" }, headers: { authorization: basic } });
        response.end(JSON.stringify({ token: "for-one-pull" }));
      } else if (received.headers.authorization === right) tells(digest("b"))(received, response, n);
      else response.writeHead(401, { "www-authenticate": challenge(received) }).end();
    };
  const bearer = ({ headers }: Received) => `Bearer realm="http://${headers.host}/token",service="s",scope="repository:team/fit:pull"`;
  for (const answer of [guarded(basic, () => 'Basic realm="r"'), guarded("Bearer for-one-pull", bearer)]) {
    const { world, image } = await setUp(answer);
    await world.go({ image, imagePullSecrets: ["registry"] });
    expect(world.said).toEqual([expect.stringContaining("names another image now (sha256:bbbbbbbbbbbb)")]);
  }
});

test("a registry whose connection breaks is asked again", async () => {
  const { world, image, received } = await setUp((request, response, n) =>
    n === 0 ? response.destroy() : tells(digest("b"))(request, response, n),
  );
  await world.go({ image });
  expect(world.said).toEqual([expect.stringContaining("names another image now")]);
  expect(received).toHaveLength(2);
});

test.each<[string, Answer, RegExp]>([
  ["refuses", (_received, response) => response.writeHead(403).end(), /not known: its registry cannot be asked from here \(HTTP 403\)$/],
  ["tells no digest", (_received, response) => response.writeHead(200).end(), /\(it tells no digest\)$/],
  ["breaks off", (_received, response) => response.destroy(), /not known: its registry cannot be asked from here/],
  ["never answers", () => undefined, /\((?:TimeoutError: )?The operation was aborted due to timeout\)$/],
])("a registry that %s is told once, and fails nothing", async (_what, answer, words) => {
  const { world, image } = await setUp(answer);
  const start = Date.now();
  expect(await world.go({ image })).toMatchObject({ status: "complete" });
  expect(Date.now() - start).toBeLessThan(60_000);
  expect(world.said).toEqual([expect.stringMatching(words)]);
});

test("a pull secret that is none is no account, and nothing of it is told", async () => {
  const { world, image } = await setUp((_received, response) => response.writeHead(401, { "www-authenticate": "Basic" }).end());
  const data = { ".dockerconfigjson": Buffer.from("very-secret {").toString("base64") };
  world.cluster.put("secrets", { metadata: { name: "registry", namespace: "batch" }, data } as never);
  await world.go({ image, imagePullSecrets: ["registry"] });
  expect(world.said).toEqual([expect.stringContaining("(HTTP 401)")]);
  expect(world.said.join()).not.toContain("very-secret");
});

/** Gives the pull secret other contents for a registry. */
function setAccount({ cluster }: World, host: string, account: object): void {
  const text = Buffer.from(JSON.stringify({ auths: { [host]: account } })).toString("base64");
  cluster.put("secrets", { metadata: { name: "registry", namespace: "batch" }, data: { ".dockerconfigjson": text } } as never);
}

test("an account with line breaks is sent without them, as by the kubelet, and is not told", async () => {
  const { world, image, host, received } = await setUp((_received, response) =>
    response.writeHead(401, { "www-authenticate": "Basic" }).end(),
  );
  const auth = basic.slice("Basic ".length);
  setAccount(world, host, { auth: `${auth.slice(0, 8)}\n${auth.slice(8)}\n` });
  await world.go({ image, imagePullSecrets: ["registry"] });
  expect(received.at(-1)?.headers.authorization).toBe(basic);
  expect(world.said).toEqual([expect.stringContaining("(HTTP 401)")]);
});

test.each([["\u00fc\nvery-secret"], [""]])("a token that cannot be sent (%j) is not told", async (token) => {
  const { world, image } = await setUp((received, response) => {
    if (received.path === "/token") response.end(JSON.stringify({ token }));
    else response.writeHead(401, { "www-authenticate": `Bearer realm="http://${received.headers.host}/token"` }).end();
  });
  await world.go({ image });
  expect(world.said).toEqual([expect.stringMatching(/\(127\.0\.0\.1:\d+ gives no token\)$/)]);
});

test.each(["http://token.example/", "no address", ""])("the account does not go to %j, whatever the registry says", async (realm) => {
  const asked = jest.spyOn(globalThis, "fetch");
  const { world, image, host } = await setUp((_received, response) =>
    response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end(),
  );
  await world.go({ image, imagePullSecrets: ["registry"] });
  expect(new Set(asked.mock.calls.map(([url]) => new URL(url as string).host))).toEqual(new Set([host]));
  asked.mockRestore();
  expect(world.said).toEqual([expect.stringContaining("(HTTP 401)")]);
});

test("a private registry whose certificate is not trusted is not asked in the clear", async () => {
  const asked = jest.spyOn(globalThis, "fetch");
  const { url, close } = await serve(tells(digest("b")), await selfSigned());
  closing.push(close);
  const { host } = new URL(url);
  await expect(readDigest(parseImage(`${host}/fit`)!, basic)).rejects.toMatchObject({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
  expect(asked.mock.calls.map(([url]) => new URL(url as string).protocol)).toEqual(["https:"]);
  asked.mockRestore();
});

test("nobody is asked where nothing has run, where nodes told no digest, or where the image is another one by its name", async () => {
  const { host, received } = await registry(tells(digest("b")));
  const world = createWorld();
  await world.go({ image: `${host}/fit:1` });
  await world.go({ image: `${host}/fit:1` });
  world.cluster.imageID = `${host}/fit@${digest("a")}`;
  await world.go({ image: `${host}/fit:2` });
  await world.go({ image: `${host}/fit:3` });
  expect(received).toEqual([]);
});
