import { readFileSync, readdirSync, rmSync } from "node:fs";
import * as cloud from "./cloud";
import { Page } from "./page";

/** docs/scenarios/sweep.md */
export function sweep(): void {
  describe("a parameter sweep", () => {
    const page = new Page("sweep", cloud.env);
    const downloads = "/tmp/pi";
    const pods = async () => (await cloud.podsOf("pi")).length;

    beforeAll(() => rmSync(downloads, { recursive: true, force: true }));
    afterAll(() => rmSync(downloads, { recursive: true, force: true }));

    it("is foretold: 200 tasks on the nodes of the pool", async () => {
      const { stdout } = await page.run("mks-batch cost");
      expect(stdout).toMatch(/200 tasks: 200 to run \(200 new\)/);
    });

    it("runs all 200 tasks in one Kubernetes Job", async () => {
      const { stdout } = await page.run("submit -f docs");
      expect(stdout).toMatch(/pi: complete; 200 of 200 tasks succeeded/);
      const jobs = await cloud.kubectlJson<{ items: { spec: { completions: number } }[] }>(
        "get",
        "jobs",
        "--selector=batch.ovh-mks/job=pi",
      );
      expect(jobs.items.map(({ spec }) => spec.completions)).toEqual([200]);
      expect(await pods()).toBe(200);
    });

    it("gives each task a result, which can be downloaded", async () => {
      const { stdout } = await page.run("results pi --download");
      expect(Number(stdout.trim().split("\n").at(-1))).toBeCloseTo(Math.PI, 1);
      const files = readdirSync(`${downloads}/sweep`);
      expect(files.length).toBe(200);
      const result = JSON.parse(readFileSync(`${downloads}/sweep/5000-7.json`, "utf8")) as object;
      expect(result).toEqual({ samples: 5000, seed: 7, pi: expect.closeTo(Math.PI, 0) as number });
    });

    it("with one value changed runs the 20 new tasks only", async () => {
      const before = await cloud.objectKeys("batch/pi/records/");
      const { output } = await page.run("sed ");
      expect(output).toMatch(/200 tasks: 20 to run \(20 new\), 180 done before/);
      expect((await cloud.objectKeys("batch/pi/records/")).length).toBe(before.length + 20);
      expect(await cloud.getObject("sweep/60000-20.json")).toContain('"seed":20');
    });

    it("every command of the page was run", () => expect(page.unused).toEqual([]));
  });
}
