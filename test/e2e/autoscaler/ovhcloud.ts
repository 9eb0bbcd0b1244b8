import { setTimeout as sleep } from "node:timers/promises";
import { addFaults, atZero, blockedOf, clearFaults, eventsOf, nodesOf, strikes, until } from "./cloud";
import { type Job, begun, done, release, submit } from "./tasks";
import { together } from "./together";

export function ovhcloud(): void {
  describe("OVHcloud refuses for a minute", () => {
    let job: Job;
    /** How often each error was met until the minute was over. Resolves once OVHcloud refuses nothing any more. */
    let errors: Promise<number[]>;
    /** Lets the quota be lifted after the minute: to meet it may take longer than that. */
    let metQuota = (): void => undefined;

    beforeAll(async () => {
      job = await submit({ pools: ["refused"], tasks: 1, held: 1 });
      await until("it runs", () => begun(job) === 1);
      const path = "/nodepool";
      await addFaults(
        { action: "status", status: 429, path, rate: 0.5 },
        { action: "status", status: 500, path },
        // The system's node, the one of that Job, and one more.
        { action: "quota", instances: 3 },
      );
      release(job);
      const quotaMet = new Promise<void>((resolve) => (metQuota = resolve));
      errors = sleep(60_000).then(async () => {
        const met = await strikes();
        // Afterwards the node goes within seconds.
        expect(await nodesOf("refused")).toHaveLength(1);
        await quotaMet;
        await clearFaults();
        return met.slice(0, 2);
      });
    });

    const meetQuota = async (): Promise<Job> => {
      const waiting = await submit({ pools: ["quota"], tasks: 12, held: 12 });
      await until("the Job is told", async () => (await eventsOf("Job", waiting.name, "batch")).includes("PoolBlocked"));
      await until("the pool's condition tells it", async () => (await blockedOf("quota")) === "True");
      await until("what is granted is used", () => begun(waiting) === 4);
      expect(await nodesOf("quota")).toHaveLength(1);
      return waiting;
    };

    together({
      "calls, with 429 and 500: they are tried again, but not often, and the node goes afterwards": async () => {
        expect(await done(job)).toEqual([]);
        const [busy = 0, broken = 0] = await errors;
        expect([busy > 0, broken > 0, busy + broken < 60]).toEqual([true, true, true]);
        await atZero("refused");
      },

      "more nodes, by its quota: the Job is told, what is granted is used, and the rest when that is lifted": async () => {
        const waiting = await meetQuota().finally(metQuota);
        await errors;
        // What was refused for longer than the minute is asked for again after up to 5 minutes.
        await until("the rest runs", () => begun(waiting) === 12, 480);
        await until("the pool's condition tells that too", async () => (await blockedOf("quota")) === "False");
        release(waiting);
        expect(await done(waiting)).toEqual([]);
        await atZero("quota");
      },
    });
  });
}
