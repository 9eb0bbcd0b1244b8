/** What `pulumi destroy` makes of a bucket with versions, on a real S3 server behind the emulated API. Needs neither root nor a cluster. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createSocket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DeleteObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { retry } from "../../common/retry";
import { portable } from "../../common/s3";
import { systemClock } from "../../local/api/context/clock";
import { Cloud } from "../../local/api/cloud";
import { defaultDelays } from "../../local/api/context/context";
import { Faults } from "../../local/api/context/faults";
import { createServer } from "../../local/api/http/server";
import { emptyState } from "../../local/api/state/model";
import { Store } from "../../local/api/state/store";
import { createProgress } from "../../local/lib/progress";
import { paths } from "../../local/lib/paths";
import { Api } from "../../local/plugins/ovh/common/api";
import { define } from "../../local/plugins/ovh/common/define";
import { storage } from "../../local/plugins/ovh/resources/storage";
import type { Known } from "../../local/plugins/protocol/provider";
import { Gateway, LocalStorage } from "../../local/s3";
import { ensureTools } from "../../local/tools";
import { FakeCluster } from "../local/api/backends";
import { identity, serviceName } from "../local/api/harness";
import { fakeCall } from "../local/plugins/helpers";

const folder = mkdtempSync(join(tmpdir(), "bucket-"));
const region = "GRA";
let gateway: Gateway;
let cloud: Cloud;
let server: ReturnType<typeof createServer>;
let endpoint: string;
let api: Api;
let s3: S3Client;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const socket = createSocket().listen(0, "127.0.0.1", () => {
      const { port } = socket.address() as AddressInfo;
      socket.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  process.env.PULUMI_HOME = join(folder, "pulumi");
  const { versitygw } = await ensureTools(createProgress(), ["versitygw"]);
  const options = { folder: join(folder, "s3"), logFile: join(folder, "s3.log"), host: "127.0.0.1", region: "gra" };
  const start = async () => {
    gateway = new Gateway({ binary: versitygw, ...options, port: await freePort() });
    return gateway.start();
  };
  // Another program may take the port before the server does.
  const root = await retry(start, { tries: 3, pauses: () => 0 });
  const credentials = { accessKeyId: root.access, secretAccessKey: root.secret };
  s3 = new S3Client({ endpoint: gateway.endpoint, region: "gra", ...portable, credentials });
  cloud = new Cloud({
    serviceName,
    store: Store.open(join(folder, "state.json"), emptyState()),
    clock: systemClock,
    faults: new Faults(),
    delays: defaultDelays,
    cluster: new FakeCluster(),
    storage: await LocalStorage.connect(gateway.endpoint, root, "gra"),
    maxClusters: 1,
    oneZone: "refuse",
    etcdQuota: "nodes",
    storageRegion: region,
    random: Math.random,
    log: () => undefined,
  });
  server = createServer({ cloud, identity, admin: false, logRequest: () => undefined });
  endpoint = `${await server.listen({ port: 0, host: "127.0.0.1" })}/1.0`;
  api = new Api({ endpoint, ...identity });
}, 10 * 60_000);

afterAll(async () => {
  await server?.close();
  await cloud?.close();
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A bucket as the program declares it. */
async function create(name: string, more: object = {}): Promise<Known> {
  const inputs = { serviceName, regionName: region, name, versioning: { status: "enabled" }, hideObjects: true, ...more };
  const { id, outputs } = await define(storage, () => api).create(inputs, fakeCall(name));
  return { id, inputs, outputs };
}

const destroy = (bucket: Known, name: string): Promise<void> => define(storage, () => api).delete(bucket, fakeCall(name));
const put = (Bucket: string, Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
const path = (name: string) => `/cloud/project/${serviceName}/region/${region}/storage/${name}`;

/** `npm run bucket` for a bucket. */
async function run(verb: string, name: string) {
  const env = {
    PATH: process.env.PATH,
    OVH_ENDPOINT: endpoint,
    OVH_APPLICATION_KEY: identity.applicationKey,
    OVH_APPLICATION_SECRET: identity.applicationSecret,
    OVH_CONSUMER_KEY: identity.consumerKey,
  };
  const args = ["--import", "tsx", "scripts/bucket.ts", verb, "--project", serviceName, "--region", region, "--bucket", name];
  const child = spawn(process.execPath, args, { cwd: paths.root, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, out, err };
}

test("a bucket with old versions, delete markers and more objects than a page holds is emptied and gone", async () => {
  const plain = await create("versions", { versioning: { status: "disabled" } });
  const inputs = { ...plain.inputs, versioning: { status: "enabled" } };
  const bucket = { ...plain, inputs, outputs: await define(storage, () => api).update(plain, inputs, fakeCall("versions")) };
  for (let start = 0; start < 1_050; start += 50)
    await Promise.all(Array.from({ length: 50 }, (_, i) => put("versions", `many/${String(start + i)}`)));
  for (const key of ["a", "b"]) for (let i = 0; i < 3; i++) await put("versions", key);
  await s3.send(new DeleteObjectCommand({ Bucket: "versions", Key: "a" }));

  await expect(api.delete(path("versions"))).rejects.toThrow(/400 Client::BadRequest BucketNotEmpty/);
  const left = await run("check", "versions");
  expect(left).toMatchObject({ status: 1, err: "" });
  expect(left.out).toMatch(
    /^the bucket versions is there, with at least 1000 objects: .*1 delete marker\nTo delete it .*: npm run --silent bucket -- empty /,
  );

  await destroy(bucket, "versions");
  await expect(s3.send(new HeadBucketCommand({ Bucket: "versions" }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  expect(await api.find(path("versions"))).toBeUndefined();
  expect(await run("check", "versions")).toEqual({ status: 0, err: "", out: "the bucket versions is gone\n" });
});

test("delete markers alone keep a bucket, too", async () => {
  const bucket = await create("markers");
  await put("markers", "a");
  await s3.send(new DeleteObjectCommand({ Bucket: "markers", Key: "a" }));
  const objects = await api.get<{ versionId: string; isDeleteMarker: boolean }[]>(`${path("markers")}/object?withVersions=true`);
  const { versionId } = objects.find(({ isDeleteMarker }) => !isDeleteMarker)!;
  await api.post(`${path("markers")}/bulkDeleteObjects`, { objects: [{ key: "a", versionId }] });
  await expect(api.delete(path("markers"))).rejects.toThrow(/BucketNotEmpty/);
  await destroy(bucket, "markers");
  expect(await api.find(path("markers"))).toBeUndefined();
});

test("locked objects keep the bucket: destroy fails, and the command says what is left", async () => {
  const lock = { objectLock: { status: "enabled", rule: { mode: "compliance", period: "P1D" } } };
  const bucket = await create("locked", lock);
  await put("locked", "kept");
  await expect(destroy(bucket, "locked")).rejects.toThrow(/1 of 1 object could not be deleted; kept/);
  expect(await api.find(path("locked"))).toBeDefined();
  const { status, err } = await run("empty", "locked");
  expect(status).toBe(1);
  expect(err).toMatch(
    /kept.*\nLeft: 1 object: 1 current, 0 old versions, 0 delete markers; the first is kept\.\n.*run the same command again then/,
  );
});
