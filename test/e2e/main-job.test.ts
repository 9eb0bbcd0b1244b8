/**
 * The main job on the local cloud, in steps that build on each other: create, do nothing, change, fail, recover, destroy.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { portable } from "../../common/s3";
import { daemonStatus, shutdown, startDaemon } from "../../local/daemon/control";
import { readCredentials } from "../../local/daemon/credentials";
import { callProject } from "../../local/daemon/project";
import { Bucket } from "../../local/demo/bucket";
import { NodeWatch, nodeLister } from "../../local/demo/nodes";
import { type StackOutputs, readOutputs } from "../../local/demo/outputs";
import { readTasks } from "../../local/demo/tasks";
import { makeSampleVideos } from "../../local/demo/videos";
import { localEnvironment } from "../../local/environment";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { localOverrides } from "../../local/pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../local/pulumi/stack";
import { type Settings, loadSettings } from "../../local/lib/settings";
import { type Tools, ensureTools } from "../../local/tools";
import { BusyNodes, type PoolState } from "./busy-nodes";
import { traces, tracesSince } from "./traces";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const folder = mkdtempSync(join(tmpdir(), "thumbnails-"));

let before: ReturnType<typeof traces>;
let settings: Settings;
let tools: Tools;
/** Folder of the sample videos. */
let samples: string;
let environment: Awaited<ReturnType<typeof localEnvironment>>;
let stack: Stack;
let outputs: StackOutputs;

/** `pulumi up` with these settings on top of Pulumi.local.yaml. */
async function up(overrides: Record<string, unknown> = {}) {
  writeStackConfig({ ...localOverrides(settings), ...overrides });
  const result = await update(stack, "up", progress.say);
  outputs = readOutputs(result.outputs);
  return result.counts;
}

const unchanged = { created: 0, updated: 0, deleted: 0, failed: 0 };
const tasks = () => readTasks("thumbnails", environment);
const status = async (input: string) => (await tasks()).find((task) => task.input.endsWith(input))?.status;
const jobs = async (): Promise<string[]> => {
  const kubectl = await exec(tools.kubectl, ["--kubeconfig", paths.kubeconfig, "get", "jobs", "-n", "batch", "-o", "name"]);
  return kubectl.split("\n").filter(Boolean).sort();
};

/** A client with the operators' credentials, or with others. */
const s3 = (keys?: { accessKeyId: string; secretAccessKey: string }): S3Client => {
  const { endpoint, region, accessKeyId, secretAccessKey } = { ...outputs.access, ...keys };
  return new S3Client({ endpoint, region, ...portable, credentials: { accessKeyId, secretAccessKey } });
};

const put = (key: string, file: string) =>
  s3().send(new PutObjectCommand({ Bucket: outputs.access.bucket, Key: key, Body: readFileSync(join(samples, file)) }));

/** Width, height and seconds of a thumbnail, read by a real ffprobe. */
async function probe(key: string): Promise<{ format: string; width: number; height: number; seconds: number }> {
  const file = await new Bucket(outputs.access).download(key, folder);
  const entries = "format=format_name,duration:stream=width,height";
  const answer = JSON.parse(await exec(tools.ffprobe, ["-v", "error", "-of", "json", "-show_entries", entries, file])) as {
    format: { format_name: string; duration: string };
    streams: { width: number; height: number }[];
  };
  const { width, height } = answer.streams[0]!;
  return { format: answer.format.format_name, width, height, seconds: Number(answer.format.duration) };
}

beforeAll(async () => {
  tools = await ensureTools(progress);
  settings = loadSettings(paths.settings);
  await shutdown(progress);
  before = traces();
  samples = await makeSampleVideos(paths.samples, tools.ffmpeg, progress);
  await startDaemon(progress, settings);
  writeStackConfig(localOverrides(settings));
  environment = await localEnvironment(progress);
  stack = await openStack(environment);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await shutdown(progress);
});

describe("bad input", () => {
  it("reports every wrong setting at once and creates nothing", async () => {
    const wrong = {
      "ovh-mks-batch:clustr": { version: "1.34" },
      "ovh-mks-batch:pools": { compute: { minNodes: 5, maxNodes: 2, desiredNodes: 3 }, system: { maxNodes: 400 } },
      "ovh-mks-batch:storage": { bucketName: "Not_A_Bucket" },
    };
    const failure = up(wrong);
    await expect(failure).rejects.toThrow(/clustr[\s\S]*cluster/);
    await expect(failure).rejects.toThrow(/minNodes/);
    await expect(failure).rejects.toThrow(/free plan \(100\)/);
    await expect(failure).rejects.toThrow(/Not_A_Bucket/);
    await expect(callProject("GET", "/kube")).resolves.toEqual([]);
  });

  it("names the versions of Kubernetes that there are when the one asked for is not among them", async () => {
    // An update without a preview is refused by OVHcloud itself.
    await expect(up({ "ovh-mks-batch:cluster": { version: "1.35" } })).rejects.toThrow(/"1\.35.*does not match the enum/);
    await expect(stack.preview({ configFile: paths.stackConfig })).rejects.toThrow(
      /cluster\.version \(1\.35\) must be one that OVHcloud offers: 1\.34/,
    );
    await expect(callProject("GET", "/kube")).resolves.toEqual([]);
  });

  it("names the flavors of the region when the one asked for is not there", async () => {
    await expect(up({ "ovh-mks-batch:pools": { compute: { flavor: "z9-999" } } })).rejects.toThrow(/z9-999[\s\S]*c2-15/);
    await expect(callProject("GET", "/kube")).resolves.toEqual([]);
  });
});

describe("the main job", () => {
  it("a quota that is exceeded fails the pool with a clear error, and the next up goes on from there", async () => {
    await callProject("POST", "/_faults", { faults: [{ action: "quota", cores: 1 }] });
    await expect(up()).rejects.toThrow(/InsufficientVCPUsQuota/);
    await callProject("DELETE", "/_faults");
    const counts = await up();
    expect(counts).toMatchObject({ updated: 0, deleted: 0, failed: 0 });
    await expect(callProject<string[]>("GET", "/kube")).resolves.toHaveLength(1);
    writeFileSync(paths.kubeconfig, outputs.kubeconfig, { mode: 0o600 });
    expect(outputs.counts).toMatchObject({ total: 0 });
  });

  it("an up with nothing new changes nothing and runs nothing", async () => {
    expect(await up()).toEqual(unchanged);
    expect(await jobs()).toEqual([]);
  });

  it("makes thumbnails of the videos on nodes that did not exist, reports the corrupt one, and goes back to zero nodes", async () => {
    const list = await nodeLister(outputs.kubeconfig, "compute");
    expect(await list()).toEqual([]);
    const watch = new NodeWatch(list, progress.say);
    for (const file of ["clock.mp4", "vertical.mp4", "corrupt.mp4"]) await put(`videos/${file}`, file);
    watch.start();
    await up().finally(() => watch.stop());
    expect(watch.tally().peak).toBeGreaterThan(0);
    const rows = await tasks();
    const statuses = Object.fromEntries(rows.map(({ input, status }) => [input, status]));
    expect(statuses).toEqual({ "clock.mp4": "succeeded", "vertical.mp4": "succeeded", "corrupt.mp4": "failed" });
    expect(rows.find(({ input }) => input === "corrupt.mp4")?.reason).toMatch(/\w{3,}/);

    const wide = await probe("thumbnails/clock.mp4.webm");
    expect(wide).toMatchObject({ format: expect.stringContaining("webm") as string, width: 320, height: 180 });
    expect(wide.seconds).toBeCloseTo(4, 0);
    const tall = await probe("thumbnails/vertical.mp4.webm");
    expect(tall.height).toBeGreaterThan(tall.width);
    await watch.untilEmpty(240_000);
  });

  it("a task's keys read inputs and write results, and nothing of the book-keeping, in whatever way; the operators' read all", async () => {
    const secret = ["get", "secret", "s3-credentials", "-n", "batch", "-o", "json"];
    const { data } = JSON.parse(await exec(tools.kubectl, ["--kubeconfig", paths.kubeconfig, ...secret])) as {
      data: Record<string, string>;
    };
    const [accessKeyId = "", secretAccessKey = ""] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((name) =>
      Buffer.from(data[name] ?? "", "base64").toString(),
    );
    expect(accessKeyId).not.toBe(outputs.access.accessKeyId);
    const task = s3({ accessKeyId, secretAccessKey });
    const Bucket = outputs.access.bucket;
    const { Contents = [] } = await task.send(new ListObjectsV2Command({ Bucket, Prefix: "batch/" }));
    const kept = Contents.map(({ Key = "" }) => Key);
    for (const what of [".jobs/thumbnails.json", "thumbnails/summary.json", "thumbnails/records/", "thumbnails/logs/"])
      expect(kept).toContainEqual(expect.stringContaining(`batch/${what}`));

    const input = { Bucket, Key: "videos/clock.mp4" };
    const result = { Bucket, Key: "results/of-a-task.txt" };
    await expect(task.send(new HeadObjectCommand(input))).resolves.toBeDefined();
    await task.send(new PutObjectCommand({ ...result, Body: "a result" }));
    await expect(task.send(new GetObjectCommand(result))).resolves.toBeDefined();
    for (const Key of [
      ...kept,
      "batch/another/records/f.json",
      "elsewhere/logs/f/p.log",
      "elsewhere/summary.json",
      "elsewhere/report.html",
    ]) {
      const object = { Bucket, Key };
      await expect(task.send(new PutObjectCommand({ ...object, Body: "forged" }))).rejects.toThrow(/denied|not authorized/i);
      await expect(task.send(new DeleteObjectCommand(object))).rejects.toThrow(/denied|not authorized/i);
      await expect(task.send(new CreateMultipartUploadCommand(object))).rejects.toThrow(/denied|not authorized/i);
      const copied = task.send(new CopyObjectCommand({ ...object, CopySource: `${Bucket}/${result.Key}` }));
      await expect(copied).rejects.toThrow(/denied|not authorized/i);
    }
    for (const Key of kept) {
      await expect(task.send(new GetObjectCommand({ Bucket, Key }))).rejects.toThrow(/denied|not authorized/i);
      const stolen = task.send(new CopyObjectCommand({ ...result, CopySource: `${Bucket}/${Key}` }));
      await expect(stolen).rejects.toThrow(/denied|not authorized/i);
      const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString()).not.toBe("forged");
    }
    const { Errors = [] } = await task.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...kept, result.Key].map((Key) => ({ Key })) } }),
    );
    expect(Errors.map(({ Key }) => Key).sort()).toEqual([...kept].sort());
    await expect(task.send(new PutBucketPolicyCommand({ Bucket, Policy: "{}" }))).rejects.toThrow(/denied|not authorized/i);
  });

  it("the operators' user reads and writes its own bucket, and no other one", async () => {
    await callProject("POST", "/region/GRA/storage", { name: "somebody-elses-bucket" });
    const list = (bucket: string) => s3().send(new ListObjectsV2Command({ Bucket: bucket }));
    await expect(list(outputs.access.bucket)).resolves.toMatchObject({ KeyCount: expect.any(Number) as number });
    await expect(list("somebody-elses-bucket")).rejects.toThrow(/denied/i);
    await expect(s3().send(new GetObjectCommand({ Bucket: "somebody-elses-bucket", Key: "x" }))).rejects.toThrow(/denied/i);
    await callProject("DELETE", "/region/GRA/storage/somebody-elses-bucket");
  });

  it("an up with nothing new runs no finished task again, and the failed one neither", async () => {
    const earlier = await jobs();
    expect(await up()).toEqual(unchanged);
    expect(await jobs()).toEqual(earlier);
  });

  it("one more video runs one task", async () => {
    await put("videos/short.mp4", "short.mp4");
    await up();
    expect(outputs.counts).toMatchObject({ total: 4, succeeded: 3, failed: 1, skipped: 3 });
  });

  it("a changed parameter makes the thumbnails again", async () => {
    await up({ "ovh-mks-batch:thumbnails": { width: 160 } });
    expect(await probe("thumbnails/clock.mp4.webm")).toMatchObject({ width: 160, height: 90 });
  });

  it("no change of a pool takes busy nodes away, by either way of removal; with fewer allowed than there are, idle ones go", async () => {
    const busy = new BusyNodes(tools.kubectl);
    const width = { "ovh-mks-batch:thumbnails": { width: 160 } };
    const change = (compute: object, autoscaler: object = {}) =>
      up({
        ...width,
        "ovh-mks-batch:pools": { compute },
        "ovh-mks-batch:autoscaler": { scaleDownDelaySeconds: 5, billing: "perSecond", ...autoscaler },
      });
    await busy.until("the pool is empty", async () => (await busy.pool()).spec.desiredNodes === 0);
    await busy.start("one", "two");
    const pods = await busy.pods();
    const unharmed = async (): Promise<PoolState["spec"]> => {
      expect(await busy.pods()).toEqual(pods);
      const { spec } = await busy.pool();
      expect(spec.desiredNodes).toBe(2);
      return spec;
    };

    const fewer = { minNodes: 1, desiredNodes: 1, maxNodes: 1 };
    const marked = { labels: { team: "media" }, taints: [{ key: "team", value: "media", effect: "PreferNoSchedule" }] };
    expect(await change(marked)).toMatchObject({ created: 0, deleted: 0 });
    const { metadata, spec } = (await unharmed()).template;
    expect([metadata.labels.team, spec.taints]).toEqual(["media", expect.arrayContaining(marked.taints)]);
    await busy.until("the nodes have the label", async () => (await busy.nodeLabels()).every(({ team }) => team === "media"));
    expect(await change({ ...fewer, ...marked })).toMatchObject({ created: 0, deleted: 0 });
    expect(await unharmed()).toMatchObject({ minNodes: 1, maxNodes: 1 });
    // Each field keeps its writer: the number of nodes is nobody's but the autoscaler's.
    const writers = (await busy.pool()).metadata.managedFields.filter(({ fieldsV1 }) => "f:desiredNodes" in (fieldsV1["f:spec"] ?? {}));
    expect(writers.map(({ manager }) => manager)).toEqual(["ovh-mks-batch-autoscaler"]);

    // From here on nodes are removed by their names. The label and the taint go again.
    const { clusterEndpoint, applicationKey, applicationSecret, consumerKey } = readCredentials()!;
    const api = { endpoint: clusterEndpoint, applicationKey, applicationSecret, consumerKey };
    await change({}, { api });
    const reset = await unharmed();
    expect([
      reset.minNodes,
      reset.maxNodes,
      reset.template.metadata.labels.team,
      reset.template.spec.taints.some(({ key }) => key === "team"),
    ]).toEqual([0, 100, undefined, false]);
    await change({ ...fewer, ...marked }, { api });
    await unharmed();
    await busy.end("one");
    await busy.until("the idle node goes", async () => (await busy.pool()).spec.desiredNodes === 1);
    expect((await busy.pods()).map(({ uid, phase }) => [pods.some((pod) => pod.uid === uid), phase])).toEqual([[true, "Running"]]);
    await busy.end("two");
    await up(width);
    await busy.until("the other goes, too", async () => (await busy.pool()).spec.desiredNodes === 0);
  });

  it("a failing task fails the update when asked to, with the reason", async () => {
    await put("videos/empty.mp4", "corrupt.mp4");
    await expect(up({ "ovh-mks-batch:thumbnails": { width: 160, onFailure: "fail" } })).rejects.toThrow(/corrupt\.mp4|empty\.mp4/);
    await up({ "ovh-mks-batch:thumbnails": { width: 160 } });
    expect(await status("empty.mp4")).toBe("failed");
  });

  it("the emulator stopped in the middle of an up: the next up finishes, and nothing is there twice", async () => {
    const extra = { "ovh-mks-batch:pools": { extra: { flavor: "b2-7", maxNodes: 1 } }, "ovh-mks-batch:thumbnails": { width: 160 } };
    await callProject("POST", "/_faults", { faults: [{ action: "delay", operation: "pool", seconds: 20 }] });
    const interrupted = up(extra);
    const outcome = expect(interrupted).rejects.toThrow();
    const pools = async (): Promise<string[]> => {
      const [id] = await callProject<string[]>("GET", "/kube");
      return (await callProject<{ name: string }[]>("GET", `/kube/${id}/nodepool`)).map(({ name }) => name);
    };
    while (!(await pools()).includes("extra")) await new Promise((resolve) => setTimeout(resolve, 200));
    const { pid } = (await daemonStatus()) as { pid: number };
    process.kill(pid, "SIGKILL");
    await outcome;
    await startDaemon(progress, settings);
    await up(extra);
    expect((await pools()).sort()).toEqual(["compute", "extra", "system"]);
    await up({ "ovh-mks-batch:thumbnails": { width: 160 } });
    expect((await pools()).sort()).toEqual(["compute", "system"]);
  });

  it("a refresh finds what the stack knows", async () => {
    const result = await stack.refresh({ configFile: paths.stackConfig, expectNoChanges: true, showSecrets: false });
    expect(result.summary.result).toBe("succeeded");
  });

  it("destroy deletes cluster, pools, bucket and users", async () => {
    await update(stack, "destroy", progress.say);
    await expect(callProject("GET", "/kube")).resolves.toEqual([]);
    await expect(callProject("GET", "/user")).resolves.toEqual([]);
    await expect(callProject("GET", "/region/GRA/storage")).resolves.toEqual([]);
  });
});

describe("down", () => {
  it("leaves no process, mount, interface, route, firewall rule, cgroup or file behind", async () => {
    await shutdown(progress);
    expect(tracesSince(before)).toEqual({});
  });
});
