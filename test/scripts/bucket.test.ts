import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { policyOf } from "../../common/iam";
import { StorageRefusal } from "../../local/api/state/backends";
import { Harness, identity, project, removeTemporaryFolders, serviceName } from "../local/api/harness";

const root = join(__dirname, "..", "..");

let harness: Harness;
let endpoint: string;
beforeEach(async () => {
  harness = new Harness();
  await harness.server.listen({ port: 0, host: "127.0.0.1" });
  endpoint = `http://127.0.0.1:${(harness.server.server.address() as AddressInfo).port}/1.0`;
  await harness.call("POST", `${project}/region/GRA/storage`, { name: "videos", versioning: { status: "enabled" } });
});
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const keys = {
  OVH_APPLICATION_KEY: identity.applicationKey,
  OVH_APPLICATION_SECRET: identity.applicationSecret,
  OVH_CONSUMER_KEY: identity.consumerKey,
};
const place = ["--project", serviceName, "--region", "GRA", "--bucket", "videos"];

async function run(args: readonly string[], credentials: Record<string, string> = keys) {
  const env = { PATH: process.env.PATH, OVH_ENDPOINT: endpoint, ...credentials };
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/bucket.ts", ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, out, err };
}

const emptying = `npm run --silent bucket -- empty ${place.join(" ")}`;

test("what is left of a bucket is said by kind, with the command that removes it; and that it is gone", async () => {
  harness.storage.put("videos", "a", 1, { versionId: "v3", isDeleteMarker: true });
  harness.storage.put("videos", "a", 1, { versionId: "v2", isLatest: false });
  harness.storage.put("videos", "a", 1, { versionId: "v1", isLatest: false });
  harness.storage.put("videos", "b", 1, { versionId: "w1" });
  expect(await run(["check", ...place])).toEqual({
    status: 1,
    err: "",
    out: `the bucket videos is there, with 4 objects: 1 current, 2 old versions, 1 delete marker\nTo delete it with all that is in it: ${emptying}\n`,
  });
  expect(await run(["empty", ...place])).toMatchObject({ status: 0, out: "the bucket videos is deleted\n" });
  expect(harness.storage.buckets.size).toBe(0);
  for (const verb of ["check", "empty"])
    expect(await run([verb, ...place])).toEqual({ status: 0, err: "", out: "the bucket videos is gone\n" });
}, 60_000);

test("very many objects go, a thousand at a time, with the rights that Pulumi's service account has, and in spite of errors of the server and connections that break", async () => {
  for (let i = 0; i < 2_500; i++) harness.storage.put("videos", `key-${i}`, 1, { versionId: `v${i}` });
  const account = (await harness.call("POST", "/_service_accounts")).body as { identity: string; clientId: string; clientSecret: string };
  await harness.call("POST", "/_policies", policyOf({ purpose: "pulumi", projectId: serviceName, identity: account.identity }));
  const struck = await harness.call("POST", "/_faults", {
    faults: [
      { action: "status", status: 500, path: "bulkDeleteObjects$", times: 1 },
      { action: "lost-answer", method: "GET", path: "object$", times: 1 },
    ],
  });
  expect(struck.status).toBe(200);
  const { status, out, err } = await run(["empty", ...place], { OVH_CLIENT_ID: account.clientId, OVH_CLIENT_SECRET: account.clientSecret });
  expect({ status, out }).toEqual({ status: 0, out: "the bucket videos is deleted\n" });
  expect(err).toBe("1000 objects deleted\n2000 objects deleted\n2500 objects deleted\n");
}, 60_000);

test("objects that are locked stay, and are told with the way", async () => {
  harness.storage.put("videos", "locked", 1, { versionId: "v1" });
  harness.storage.deleteObjects = () =>
    Promise.reject(new StorageRefusal("1 of 1 object could not be deleted; locked: Object is WORM protected"));
  const { status, err } = await run(["empty", ...place]);
  expect(status).toBe(1);
  expect(err).toMatch(
    /WORM protected\nLeft: 1 object: 1 current, 0 old versions, 0 delete markers; the first is locked\.\n.*run the same command again/,
  );
}, 60_000);

test.each<[string, string[], Record<string, string>, RegExp]>([
  ["no verb", place, keys, /say check or empty[\s\S]*usage/],
  ["no bucket", ["check", ...place.slice(0, 4)], keys, /--bucket is missing/],
  ["an unknown flag", ["check", "--all", ...place], keys, /--all[\s\S]*usage/],
  ["no credentials", ["check", ...place], {}, /the environment has no credentials/],
  ["no endpoint", ["check", ...place], { OVH_ENDPOINT: "" }, /OVH_ENDPOINT \(\) must be/],
])(
  "%s is wrong usage, and changes nothing",
  async (_, args, credentials, message) => {
    const { status, err, out } = await run(args, credentials);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(message);
  },
  60_000,
);

test("wrong credentials are told with OVHcloud's words and no secret", async () => {
  const { status, err } = await run(["check", ...place], { ...keys, OVH_APPLICATION_SECRET: "hunter2" });
  expect(status).toBe(4);
  expect(err).toContain("Invalid signature");
  expect(err).not.toContain("hunter2");
}, 60_000);

test("an API that cannot be reached is told, and exits with another status than a bucket that is there", async () => {
  const { status, out, err } = await run(["check", ...place], { ...keys, OVH_ENDPOINT: "http://127.0.0.1:1/1.0" });
  expect({ status, out }).toEqual({ status: 4, out: "" });
  expect(err).toBe("GET …: bad port\n");
}, 60_000);
