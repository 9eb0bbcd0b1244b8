import { atZero, desired, nodesOf, until, watchSizes } from "./cloud";
import { killLeader } from "./replicas";
import { begun, done, release, submit } from "./tasks";

export function leaders(): void {
  describe("the leader is killed", () => {
    it("during a scale-up: the next one orders nothing twice", async () => {
      const sizes = watchSizes("compute");
      const job = await submit({ pools: ["compute"], tasks: 8, held: 8 });
      await until("nodes are ordered", async () => (await desired("compute")) > 0);
      await killLeader();
      await until("all tasks run", () => begun(job) === 8);
      release(job);
      expect(await done(job)).toEqual([]);
      await atZero("compute");
      const steps = await sizes();
      const afterwards = steps.slice(steps.indexOf(2) + 1);
      expect(afterwards).not.toContain(2);
      expect(Math.max(...steps)).toBe(2);
    });

    it("during a scale-down: the next one removes no node with work", async () => {
      const earlier = await submit({ pools: ["compute"], tasks: 8 });
      const drained = async () => (await nodesOf("compute")).some(({ spec }) => spec?.unschedulable);
      await until("a node is drained", drained);
      const killed = killLeader();
      const job = await submit({ pools: ["compute"], tasks: 8, seconds: 5 });
      await killed;
      await done(earlier);
      expect(await done(job)).toEqual([]);
      await atZero("compute");
    });
  });
}
