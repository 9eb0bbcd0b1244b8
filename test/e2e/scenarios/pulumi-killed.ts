import * as cloud from "./cloud";
import { ended, expectNoOverlap, started } from "./marks";
import { tasks, userProject } from "./pulumi-project";

/** `pulumi up` killed in the middle of a Job, and what becomes of it. */
export function pulumiKilled(): void {
  describe("pulumi killed in the middle of a Job", () => {
    const { pulumi, create, kill, remove } = userProject("killed");

    beforeAll(create);
    afterAll(remove);

    it("leaves what runs at work", async () => {
      const killed = pulumi("up", "--yes");
      await cloud.untilDuring(killed, "two tasks have ended, and two run", () => ended("killed") === 2 && started("killed") === 4, 300_000);
      kill();
      expect((await killed).code).not.toBe(0);
      const running = async () => (await cloud.podsOf("killed")).filter(({ phase }) => phase === "Running").length;
      await cloud.until("two tasks run without it", async () => (await running()) === 2);
    });

    it("the next update adopts it and finishes; no task runs twice", async () => {
      await pulumi("cancel", "--yes");
      const { code, output } = await pulumi("up", "--yes");
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toMatch(/is at work: waiting for its 6 tasks/);
      const [during = "", told = ""] = output.slice(output.indexOf("Updating (")).split("Diagnostics:");
      expect(during).toMatch(/of 6 tasks done/);
      expect(told).toMatch(/all 6 tasks succeeded/);
      expect(told).not.toMatch(/of 6 tasks done/);
      expect(expectNoOverlap("killed", tasks)).toEqual([]);
    });

    it("when the Job is gone by its time to live, refresh and update find nothing to do", async () => {
      await cloud.until("the Job is gone", async () => (await cloud.podsOf("killed")).length === 0);
      expect(await pulumi("refresh", "--yes", "--expect-no-changes")).toMatchObject({ code: 0 });
      const { code, output } = await pulumi("up", "--yes", "--expect-no-changes");
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(expectNoOverlap("killed", tasks)).toEqual([]);
      expect(await pulumi("destroy", "--yes")).toMatchObject({ code: 0 });
    });
  });
}
