import { submissionLabel } from "../../batch/jobs/manifest/marks";
import { submit } from "../../batch/jobs/submission";
import { loadEnd } from "../../batch/records/ends";
import { Controller } from "../../controller/controller";
import { createWorker, type End } from "../../controller/worker";
import { createWorld, input, until, type World } from "../batch/fakes/world";

class Killed extends Error {}

/** A controller of a world. `dieAt`: it dies at its n-th request that changes something, before or after that took effect. */
function startController({ cluster, store, parameters }: World, dieAt = Infinity, after = false) {
  const ends: End[] = [];
  const stop = new AbortController();
  let [count, dead] = [0, false];
  const die = (mutating: boolean, done: boolean) => {
    if (!dead && mutating && done === after && count++ === dieAt) dead = true;
    if (dead) throw new Killed();
  };
  cluster.hook = (call, done) => die(/^(create|patch|remove)/.test(call), done);
  store.before = (call) => die(/^(put|remove)/.test(call) && !after, false);
  const work = createWorker({
    ...{ cluster, store, settings: parameters().store, namespace: "batch", version: "1" },
    say: () => undefined,
    onProgress: () => undefined,
    onRest: () => undefined,
    onRecord: () => undefined,
    tell: (end) => Promise.resolve(void ends.push(end)),
  });
  const controller = new Controller({
    ...{ cluster, namespace: "batch", work, period: 5 },
    leading: () => !dead && !stop.signal.aborted,
    onError: () => undefined,
    onOpen: () => undefined,
  });
  const running = controller.run(stop.signal).catch(() => undefined);
  return {
    ends,
    isDead: () => dead,
    async stop() {
      stop.abort();
      // Watches end where the fake cluster tells them to.
      cluster.hook = () => undefined;
      store.before = () => undefined;
      await running;
    },
  };
}

const concluded = ({ cluster }: World) =>
  cluster
    .all("configmaps", "batch", { labels: submissionLabel })
    .every(({ data }) => "concludedAt" in ((data as object | undefined) ?? {}));

/** Some tasks are killed for their memory and run again with more. */
const values = { memory: "1Gi", outOfMemory: { factor: 2, maxMemory: "2Gi" }, retries: 0 };

test.each([
  ["before", false],
  ["after", true],
])(
  "killed at any write, %s it took effect: the next controller finishes, no finished task runs again, and the end is told",
  async (_when, after) => {
    let writes = 0;
    for (let n = 0; ; n++) {
      const world = createWorld();
      world.cluster.outcome = (index, _attempt, _env, memory) =>
        index === 1 && memory === "1Gi" ? { exitCode: 137, reason: "OOMKilled" } : { exitCode: 0 };
      await submit(world, world.parameters(values), { before: [], submittedBy: "mks-batch" });
      const first = startController(world, n, after);
      await until(() => first.isDead() || concluded(world));
      const died = first.isDead();
      await first.stop();
      const second = startController(world);
      await until(() => concluded(world));
      await second.stop();
      const told = [...first.ends, ...second.ends];
      expect({ n, ids: new Set(told.map(({ id }) => id)).size }).toEqual({ n, ids: 1 });
      expect(told.at(-1)?.result).toMatchObject({ status: "complete", counts: { succeeded: 3 } });
      expect(await loadEnd(world.store, "thumbnails")).toMatchObject({ status: "complete" });
      expect({ n, records: world.records().map(({ status }) => status) }).toEqual({ n, records: ["succeeded", "succeeded", "succeeded"] });
      expect({ n, ran: [...world.cluster.ran].sort() }).toEqual({ n, ran: [input("a"), input("b"), input("b"), input("c")] });
      expect(world.cluster.overlaps).toEqual([]);
      if (!died) break;
      writes++;
    }
    expect(writes).toBeGreaterThan(10);
  },
  60_000,
);
