import { StorageRefusal } from "../../../../local/api/state/backends";
import { Harness, project, removeTemporaryFolders } from "../harness";
import { aString, containing } from "../matchers";

let harness: Harness;
beforeEach(() => (harness = new Harness()));
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const storage = `${project}/region/GRA/storage`;
const create = (body: Record<string, unknown> = { name: "videos" }) => harness.call("POST", storage, body);

it("is created at once, with what was asked for", async () => {
  const { status, body } = await create({
    name: "videos",
    encryption: { sseAlgorithm: "AES256" },
    versioning: { status: "enabled" },
    tags: { team: "video" },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    name: "videos",
    region: "GRA",
    ownerId: 0,
    encryption: { sseAlgorithm: "AES256" },
    versioning: { status: "enabled" },
    objectLock: { status: "disabled" },
    tags: { team: "video" },
    virtualHost: "http://s3.test:9000/videos",
    objectsCount: 0,
    objects: [],
  });
  expect(harness.storage.buckets.get("videos")).toMatchObject({ versioning: true, objectLock: false });
  const { name } = ((await harness.call("GET", storage)).body as { name: string }[])[0] ?? {};
  expect(name).toBe("videos");
});

it("has the defaults of OVHcloud", async () => {
  expect((await create()).body).toMatchObject({ encryption: { sseAlgorithm: "plaintext" }, versioning: { status: "disabled" }, tags: {} });
});

it.each([
  ["capitals", "Videos"],
  ["an underscore", "my_videos"],
  ["two characters", "ab"],
  ["64 characters", "a".repeat(64)],
  ["a hyphen at its end", "videos-"],
  ["a dot at its start", ".videos"],
  ["two dots in a row", "a..b"],
  ["the form of an IP address", "192.168.1.1"],
])("refuses a name with %s", async (_what, name) => {
  expect(await create({ name })).toMatchObject({ status: 400, body: { details: { name: aString } } });
  expect(harness.storage.buckets.size).toBe(0);
});

it("refuses a name that is taken, an unknown region and an unknown owner", async () => {
  await create();
  expect(await create()).toMatchObject({
    status: 409,
    body: { class: "Client::Conflict", message: containing("already in use") },
  });
  expect((await harness.call("POST", `${project}/region/MARS/storage`, { name: "other" })).status).toBe(404);
  expect((await create({ name: "other", ownerId: 99 })).status).toBe(400);
  expect((await harness.call("GET", `${storage}/other`)).status).toBe(404);
});

it("is in the one region that has Object Storage, which the local cloud's settings name", async () => {
  await harness.close();
  harness = new Harness({ storageRegion: "EU-WEST-PAR" });
  const answer = await create();
  expect(answer).toMatchObject({ status: 404, body: { message: "Region GRA has no Object Storage; EU-WEST-PAR has" } });
  const paris = `${project}/region/EU-WEST-PAR`;
  expect((await harness.call("POST", `${paris}/storage`, { name: "videos" })).status).toBe(200);
  const { services } = (await harness.call("GET", paris)).body as { services: { name: string }[] };
  expect(services.map(({ name }) => name)).toContain("storage-s3-standard");
});

it("does not exist when the S3 server could not create it", async () => {
  harness.storage.fault = new Error("disk full");
  expect((await create()).status).toBe(500);
  harness.storage.fault = undefined;
  expect((await harness.call("GET", storage)).body).toEqual([]);
  expect((await create()).status).toBe(200);
});

it("belongs to its owner on the S3 server", async () => {
  const { id } = (await harness.call("POST", `${project}/user`, { role: "objectstore_operator" })).body as { id: number };
  await harness.settle();
  await harness.call("POST", `${project}/user/${id}/s3Credentials`);
  await create({ name: "own", ownerId: id });
  await create({ name: "other" });
  expect(harness.storage.access.owners).toEqual([
    { bucket: "own", userId: String(id) },
    { bucket: "other", userId: "0" },
  ]);
  expect(harness.storage.access.accounts[0]).toMatchObject({ userId: String(id) });
});

it("counts and lists its objects, page by page", async () => {
  await create();
  for (const key of ["a/1", "a/2", "b/1"]) harness.storage.put("videos", key, 10);
  expect((await harness.call("GET", `${storage}/videos`)).body).toMatchObject({ objectsCount: 3, objectsSize: 30 });
  const keys = async (query: string): Promise<string[]> =>
    ((await harness.call("GET", `${storage}/videos/object${query}`)).body as { key: string }[]).map(({ key }) => key);
  expect(await keys("")).toEqual(["a/1", "a/2", "b/1"]);
  expect(await keys("?prefix=a/")).toEqual(["a/1", "a/2"]);
  expect(await keys("?limit=1&marker=a/1")).toEqual(["a/2"]);
  expect((await harness.call("GET", `${storage}/videos/object?limit=0`)).status).toBe(400);
});

it("is emptied and deleted as the official provider does it", async () => {
  await create({ name: "videos", versioning: { status: "enabled" } });
  harness.storage.put("videos", "a", 1, { versionId: "v2", isDeleteMarker: true });
  harness.storage.put("videos", "a", 1, { versionId: "v1", isLatest: false });
  expect(await harness.call("DELETE", `${storage}/videos`)).toMatchObject({
    status: 400,
    body: { class: "Client::BadRequest", message: "BucketNotEmpty: The bucket you tried to delete is not empty" },
  });
  const objects = (await harness.call("GET", `${storage}/videos/object?withVersions=true`)).body as { key: string; versionId: string }[];
  expect(objects).toMatchObject([
    { key: "a", versionId: "v2", isDeleteMarker: true },
    { key: "a", versionId: "v1", isLatest: false },
  ]);
  const named = objects.map(({ key, versionId }) => ({ key, versionId }));
  expect((await harness.call("POST", `${storage}/videos/bulkDeleteObjects`, { objects: named })).status).toBe(200);
  expect((await harness.call("DELETE", `${storage}/videos`)).status).toBe(200);
  expect((await harness.call("GET", `${storage}/videos`)).status).toBe(404);
  expect((await harness.call("DELETE", `${storage}/videos`)).status).toBe(404);
});

it("takes an empty version id for none", async () => {
  await create();
  harness.storage.put("videos", "a");
  await harness.call("POST", `${storage}/videos/bulkDeleteObjects`, { objects: [{ key: "a", versionId: "" }] });
  expect(harness.storage.buckets.get("videos")?.objects).toEqual([]);
});

it("reports objects that are locked", async () => {
  await create();
  harness.storage.fault = new StorageRefusal("a: object is locked");
  expect(await harness.call("POST", `${storage}/videos/bulkDeleteObjects`, { objects: [{ key: "a" }] })).toMatchObject({
    status: 409,
    body: { message: containing("locked") },
  });
});

it("switches its versions on and suspends them", async () => {
  await create();
  await harness.call("PUT", `${storage}/videos`, { versioning: { status: "enabled" }, tags: { a: "b" } });
  expect(harness.storage.buckets.get("videos")?.versioning).toBe(true);
  expect((await harness.call("GET", `${storage}/videos`)).body).toMatchObject({ versioning: { status: "enabled" }, tags: { a: "b" } });
  await harness.call("PUT", `${storage}/videos`, { versioning: { status: "disabled" } });
  expect((await harness.call("GET", `${storage}/videos`)).body).toMatchObject({ versioning: { status: "suspended" } });
  expect(harness.storage.buckets.get("videos")?.versioning).toBe(false);
});

it("has object lock from the start or never, and keeps versions with it", async () => {
  const rule = { mode: "governance", period: "P30D" };
  expect((await create({ name: "kept", objectLock: { status: "enabled", rule } })).body).toMatchObject({
    objectLock: { status: "enabled", rule },
    versioning: { status: "enabled" },
  });
  expect(harness.storage.buckets.get("kept")).toMatchObject({ objectLock: true, versioning: true, retention: rule });
  expect((await harness.call("PUT", `${storage}/kept`, { versioning: { status: "suspended" } })).status).toBe(400);
  await harness.call("PUT", `${storage}/kept`, { objectLock: { status: "enabled" } });
  expect(harness.storage.buckets.get("kept")?.retention).toBeUndefined();
  await create();
  expect((await harness.call("PUT", `${storage}/videos`, { objectLock: { status: "enabled" } })).status).toBe(400);
  expect((await create({ name: "wrong", objectLock: { status: "enabled", rule: { mode: "governance", period: "30 days" } } })).status).toBe(
    400,
  );
});

it("says that it cannot replicate", async () => {
  expect((await create({ name: "copy", replication: { rules: [{ id: "a" }] } })).status).toBe(501);
  expect((await create({ name: "copy", replication: { rules: [] } })).status).toBe(200);
});

it("keeps lifecycle rules and carries them out", async () => {
  await create();
  const at = `${storage}/videos/lifecycle`;
  expect((await harness.call("GET", at)).status).toBe(404);
  expect((await harness.call("PUT", at, { rules: [{ status: "enabled", expiration: { days: 7 }, transitions: [] }] })).status).toBe(400);
  const put = await harness.call("PUT", at, { rules: [{ status: "enabled", filter: { prefix: "tmp/" }, expiration: { days: 7 } }] });
  expect(put).toMatchObject({ status: 200, body: { rules: [{ id: "rule-1" }] } });
  expect((await harness.call("GET", at)).body).toEqual(put.body);
  harness.storage.put("videos", "tmp/old", 1, { lastModified: "2026-02-01T00:00:00Z" });
  harness.storage.put("videos", "tmp/new", 1, { lastModified: "2026-02-28T00:00:00Z" });
  harness.storage.put("videos", "old", 1, { lastModified: "2026-02-01T00:00:00Z" });
  await harness.cloud.buckets.expire();
  expect(harness.storage.buckets.get("videos")?.objects.map(({ key }) => key)).toEqual(["tmp/new", "old"]);
  const abort = { status: "enabled", filter: { prefix: "tmp/" }, abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } };
  expect((await harness.call("PUT", at, { rules: [abort] })).status).toBe(200);
  const upload = (key: string, day: string) => ({ key, uploadId: key + day, startedAt: `2026-02-${day}T00:00:00Z` });
  harness.storage.uploads.push(upload("tmp/a", "01"), upload("tmp/b", "28"), upload("c", "01"));
  await harness.cloud.buckets.expire();
  expect(harness.storage.uploads.map(({ key }) => key)).toEqual(["tmp/b", "c"]);
  expect((await harness.call("DELETE", at)).status).toBe(200);
  expect((await harness.call("DELETE", at)).status).toBe(404);
});
