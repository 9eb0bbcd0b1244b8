import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as cloud from "./cloud";
import { Page } from "./page";

/** docs/scenarios/submission-helper.md */
export function submissionHelper(): void {
  describe("an analysis by the submission helper's options", () => {
    const page = new Page("submission-helper", cloud.env);

    it("has its input on a volume that all nodes share", async () => {
      await page.run("kind: PersistentVolume\n");
      await page.run("ntuples-claim");
      await page.run("for run in");
      await cloud.until("the claim is bound", async () => (await cloud.kubectl("get", "pvc", "ntuples-claim")).includes("Bound"));
    });

    it("runs on several nodes, with the environment of .bashrc, and writes back to the volume", async () => {
      // Three of its tasks fit a node, and end soon: the second node is there before.
      expect(await cloud.submit("--name", "both-nodes", "--matrix", "N=1,2", "--cpu", "1", "--", "sleep", "5")).toMatchObject({ code: 0 });
      const { stdout } = await page.run("--k8s-image");
      expect(stdout).toMatch(/masses: complete; 4 of 4 tasks succeeded/);
      const nodes = new Set((await cloud.podsOf("masses")).map(({ node }) => node));
      expect(nodes.size).toBeGreaterThan(1);
      await page.run("head -n 3");
      for (const run of ["run1", "run2", "run3", "run4"]) {
        const bins = readFileSync(join(cloud.volume, `${run}.v1.txt`), "utf8")
          .trim()
          .split("\n");
        expect(bins.reduce((sum, bin) => sum + Number(bin.split(" ")[1]), 0)).toBe(5000);
      }
    });

    it("is seen and deleted by the helper's kubectl commands", async () => {
      const { stdout } = await page.run("kubectl get jobs");
      expect(stdout).toMatch(/masses-\w+ +Complete +4\/4/);
      expect(stdout.match(/masses-\w+-[0-3]-\w+ +0\/1 +Completed/g)).toHaveLength(4);
      expect(stdout).toContain("5000 entries of /ntuples/run1.csv");
      await page.run("kubectl delete jobs");
      expect(await cloud.kubectl("get", "jobs", "--selector=app=submission-helper", "--output=name")).toBe("");
    });

    it("has records that outlive the Job: nothing runs again", async () => {
      expect(await cloud.status("masses")).toMatchObject({ status: "complete" });
      expect(page.unused).toEqual([]);
    });
  });
}
