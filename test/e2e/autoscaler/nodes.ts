import { addFaults, atZero, desired, hang, machinesOf, namesOf, orderedBefore, resize, resizeAtOvhcloud, until } from "./cloud";
import { killLeader } from "./replicas";
import { begun, done, placesOf, release, submit } from "./tasks";
import { together } from "./together";

export function nodes(): void {
  together({
    "a node that never boots is replaced": async () => {
      await addFaults({ action: "never-boots", pool: "boot", times: 1 });
      const job = await submit({ pools: ["boot"], tasks: 4 });
      await until("its node is on its way", async () => (await machinesOf("boot")).length === 1);
      const [stuck] = await machinesOf("boot");
      expect(stuck?.status).toBe("INSTALLING");
      // As if it had been ordered long ago: who leads next knows no more than what the pool says.
      await orderedBefore("boot", 301);
      await killLeader();
      expect(await done(job)).toEqual([]);
      await atZero("boot");
    },

    "a node lost in the middle of its tasks: they are done on another": async () => {
      const job = await submit({ pools: ["lost"], tasks: 4, held: 4, cpu: "900m" });
      await until("all tasks run", () => begun(job) === 4);
      const places = await placesOf(job);
      const lost = places.get(0)!;
      hang(lost);
      release(job);
      expect(await done(job)).toEqual(tasksOn([lost], places));
      expect(await namesOf("lost")).not.toContain(lost);
      await atZero("lost");
    },

    "a pool that is out of stock: the next one is taken": async () => {
      await addFaults({ action: "out-of-stock", pool: "stock" });
      const job = await submit({ pools: ["stock", "spare"], tasks: 8 });
      expect(await done(job)).toEqual([]);
      await atZero("stock", "spare");
    },

    "a pool edited by hand is put right": async () => {
      // Looked for at OVHcloud, from before the order on: on a busy machine they are sent away before they join the cluster.
      const ordered = until("two nodes have come", async () => (await machinesOf("edited")).length === 2);
      await Promise.all([ordered, resize("edited", 2)]);
      await until("they are sent away", async () => (await desired("edited")) === 0);
      const job = await submit({ pools: ["edited"], tasks: 4, held: 4, cpu: "900m" });
      await until("all tasks run", () => begun(job) === 4);
      const places = await placesOf(job);
      const before = await namesOf("edited");
      await resizeAtOvhcloud("edited", 1);
      // OVHcloud takes any, with its tasks.
      const left = async () => (await namesOf("edited")).filter((name) => before.includes(name));
      await until("all nodes but one are gone", async () => (await left()).length === 1);
      const [stayed] = await left();
      release(job);
      expect(await done(job)).toEqual(
        tasksOn(
          before.filter((name) => name !== stayed),
          places,
        ),
      );
      await atZero("edited");
    },
  });
}

const tasksOn = (nodes: readonly string[], places: ReadonlyMap<number, string>): number[] =>
  [...places].flatMap(([task, node]) => (nodes.includes(node) ? [task] : [])).sort();
