/** The README's first command and the commands of docs/local-cloud.md, as a user types them. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { DemoReport } from "../../local/demo/report";
import { sampleVideos } from "../../local/demo/videos";
import { paths } from "../../local/lib/paths";

/** Runs an npm script in the checkout; answers what it prints. */
async function npm(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", ...args], {
    cwd: paths.root,
    env: process.env,
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}

const local = (...args: string[]): Promise<string> => npm("local", "--", ...args);

let report: DemoReport;

afterAll(() => local("down"));

describe("npm run demo", () => {
  it("ends with a thumbnail of every video but the corrupt one, and the compute pool at zero", async () => {
    const output = await npm("demo");
    report = JSON.parse(readFileSync(paths.demoReport, "utf8")) as DemoReport;
    expect(report.tasks.map((task) => task.input).sort()).toEqual(sampleVideos.map((video) => video.file).sort());
    for (const task of report.tasks) {
      if (task.input === "corrupt.mp4") {
        expect(task).toMatchObject({ status: "failed", output: null, bytes: null });
        expect(task.reason).toMatch(/corrupt\.mp4 is not a video/);
      } else {
        expect(task).toMatchObject({ status: "succeeded", output: `thumbnails/${task.input}.webm`, reason: null });
        expect(task.bytes).toBeGreaterThan(1000);
      }
      expect(output).toContain(task.input);
    }
    expect(report.nodes.peak).toBeGreaterThan(0);
    expect(report.nodes.final).toBe(0);
    expect(report.pulumi).toMatchObject({ deleted: 0, failed: 0 });
    expect(report.pulumi.created).toBeGreaterThan(20);
  });

  it("run again, runs no finished task again", async () => {
    await npm("demo");
    const again = JSON.parse(readFileSync(paths.demoReport, "utf8")) as DemoReport;
    expect(again.tasks).toEqual(report.tasks);
    expect(again.pulumi).toEqual({ created: 0, updated: 0, deleted: 0, failed: 0 });
    expect(again.nodes).toEqual({ peak: 0, final: 0, started: 0, stopped: 0 });
  });
});

describe("npm run local", () => {
  it("shows what runs", async () => {
    const status = JSON.parse(await local("status", "--json")) as { running: boolean; clusters: { status: string }[] };
    expect(status).toMatchObject({ running: true, clusters: [{ status: "READY" }] });
    expect(await local("status")).toMatch(/pool compute: READY, desired 0, current 0/);
    expect((await local("logs")).split("\n")).toContain("kube-apiserver");
  });

  it("runs commands with its environment", async () => {
    expect(await local("exec", "--", "kubectl", "get", "pods", "-A")).toMatch(/autoscaler .*Running/);
    expect(await local("exec", "--", "pulumi", "stack", "output", "--stack", "local")).toContain("clusterId");
    expect(await local("env")).toMatch(/^export OVH_ENDPOINT='http:\/\/127\.0\.0\.1:\d+\/1\.0'$/m);
  });

  it("up does nothing where it runs already", async () => {
    const before = readFileSync(paths.daemon, "utf8");
    await local("up");
    expect(readFileSync(paths.daemon, "utf8")).toBe(before);
  });

  it("down ends it", async () => {
    await local("down");
    expect(existsSync(paths.credentials)).toBe(false);
    await expect(local("status")).rejects.toMatchObject({ code: 3 });
  });
});
