import * as cloud from "./cloud";
import { Page } from "./page";

interface CronJob {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly schedule: string; readonly timeZone: string; readonly concurrencyPolicy: string };
}

/** docs/scenarios/nightly.md */
export function nightly(): void {
  describe("a nightly schedule", () => {
    const page = new Page("nightly", cloud.env);
    const cronJobs = async () => (await cloud.kubectlJson<{ items: CronJob[] }>("get", "cronjobs")).items;
    let uid: string;

    it("is a CronJob of the cluster, and runs nothing yet", async () => {
      await page.run("--schedule '0 3 * * *'");
      const [cronJob, ...others] = await cronJobs();
      expect(others).toEqual([]);
      expect(cronJob!.spec).toMatchObject({ schedule: "0 3 * * *", timeZone: "Europe/Paris", concurrencyPolicy: "Forbid" });
      uid = cronJob!.metadata.uid;
      expect(await cloud.podsOf("nightly")).toEqual([]);
      const { stdout } = await page.run("mks-batch list");
      expect(stdout).toMatch(/nightly .*0 3 \* \* \*/);
    });

    it("a run completes with its tasks", async () => {
      const today = () => new Date().toISOString().slice(0, 10);
      const before = today();
      const { stdout } = await page.run("kubectl create job");
      expect(stdout).toContain("2/2");
      const days = [before, today()];
      const keys = await cloud.objectKeys("nightly/");
      expect(keys).toHaveLength(2);
      for (const seed of [1, 2]) expect(keys.some((key) => days.some((day) => key === `nightly/${day}-${seed}.json`))).toBe(true);
    });

    it("other times update the CronJob", async () => {
      await page.run("--schedule '30 4 * * 1-5'");
      const [cronJob] = await cronJobs();
      expect(cronJob!.spec.schedule).toBe("30 4 * * 1-5");
      expect(cronJob!.metadata.uid).toBe(uid);
    });

    it("its times come: at a schedule of every minute a run starts by itself", async () => {
      const words = ["--name", "minutely", "--schedule", "* * * * *", "--shell", "echo ran at its time"];
      expect((await cloud.submit(...words)).code).toBe(0);
      await cloud.until("a scheduled run has succeeded", async () =>
        (await cloud.podsOf("minutely")).some(({ phase }) => phase === "Succeeded"),
      );
      expect((await cloud.batch("logs", "minutely")).stdout).toContain("ran at its time");
      expect((await cloud.batch("cancel", "minutely")).code).toBe(0);
    });

    it("cancelled, it is gone, and what it wrote is not", async () => {
      await page.run("mks-batch cancel");
      expect(await cronJobs()).toEqual([]);
      expect(await cloud.objectKeys("nightly/")).toHaveLength(2);
      expect(page.unused).toEqual([]);
    });
  });
}
