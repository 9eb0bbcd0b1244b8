/**
 * Two processes that run Jobs of one name at the same time, over every schedule of their API calls with up to two switches from one to the other: the first
 * does `i` calls, then the second one `j`, then the first goes on; with the first one killed there, too.
 */
import { BatchError, isScheduled, type ParametersInput, run, schedule as plan } from "../../batch";
import { type Cluster } from "../../kubernetes/cluster";
import { FakeCluster } from "./fakes/cluster";
import { parametersWith } from "./fakes/parameters";
import { FakeStore } from "./fakes/store";

// Pauses take no time: what they wait for is the schedule's to decide.
jest.mock("node:timers/promises", () => ({ setTimeout: () => new Promise((resolve) => setImmediate(resolve)) }));

const list = (first: number, last: number): Partial<ParametersInput> => ({
  tasks: Array.from({ length: last - first + 1 }, (_, i) => ({ env: { N: String(first + i) } })),
  retries: 0,
});
const ranOf = (...numbers: number[]): string[] => numbers.map((n) => `export N='${n}'`);

class Killed extends Error {}

/** Lets one call through at a time, of the process whose turn it is if it has one to do. */
class Schedule {
  private readonly waiting: [(() => void)[], (() => void)[]] = [[], []];
  private readonly dead = new Set<number>();
  private readonly calls: [number, number] = [0, 0];

  gate = async (process: 0 | 1): Promise<void> => {
    if (!this.dead.has(process)) await new Promise<void>((resolve) => this.waiting[process].push(resolve));
    if (this.dead.has(process)) throw new Killed();
    this.calls[process]++;
  };

  /** @param turn whose turn it is after these calls of each @param idle does what else may happen when no process has a call to do */
  async play(over: () => boolean, turn: (calls: readonly [number, number]) => 0 | 1, idle: () => void): Promise<void> {
    while (!over()) {
      const next = turn(this.calls);
      for (let i = 0; i < 20 && this.waiting[next].length === 0 && !over(); i++) await new Promise((resolve) => setImmediate(resolve));
      const release = this.waiting[next].shift() ?? this.waiting[next === 0 ? 1 : 0].shift();
      if (release) release();
      else if (!over()) idle();
    }
  }

  kill(process: 0 | 1): void {
    this.dead.add(process);
    for (const release of this.waiting[process].splice(0)) release();
  }
}

const gated = new Set(["create", "get", "list", "patch", "remove"]);

/** A cluster whose calls wait for their turn. */
const view = (cluster: FakeCluster, gate: () => Promise<void>): Cluster =>
  new Proxy(cluster, {
    get(target, key: keyof FakeCluster) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== "function") return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      return gated.has(key) ? async (...args: unknown[]) => (await gate(), method(...args)) : method;
    },
  });

interface Scenario {
  readonly lists: readonly [Partial<ParametersInput>, Partial<ParametersInput>];
  readonly dies?: boolean;
}

async function play({ lists, dies = false }: Scenario, i: number, j: number) {
  const cluster = new FakeCluster();
  cluster.outcome = () => undefined;
  const store = new FakeStore();
  const schedule = new Schedule();
  let open = 2;
  const start = (process: 0 | 1) => {
    const parameters = parametersWith(lists[process]);
    const calls = view(cluster, () => schedule.gate(process));
    const surroundings = { cluster: calls, store, say: () => undefined, onProgress: () => undefined };
    return isScheduled(parameters) ? plan(parameters, surroundings) : run(parameters, surroundings);
  };
  const refusals: string[] = [];
  const go = (process: 0 | 1) =>
    start(process)
      .catch((error: unknown) => {
        if (error instanceof BatchError && scheduled) refusals.push(error.message);
        else if (!(error instanceof Killed)) throw error;
        return undefined;
      })
      .finally(() => open--);
  const scheduled = lists.some(({ schedule }) => schedule);
  // Its times come as soon as it is resumed, and its controller is as quick as can be.
  let times = 3;
  if (scheduled)
    cluster.hook = (_call, done) => {
      const busy = cluster.jobs().some(({ metadata, status }) => metadata.labels?.["batch.ovh-mks/scheduled"] && !status?.conditions);
      if (done && !busy && times > 0 && cluster.fire("thumbnails")) times--;
    };
  const both = Promise.all([go(0), go(1)]);
  let idle = 0;
  const playing = schedule.play(
    () => open === 0,
    ([first, second]) => {
      if (first < i) return 0;
      if (dies) schedule.kill(0);
      return dies || second < j ? 1 : 0;
    },
    () => {
      if (idle++ > 200) throw new Error(`nothing goes on after ${i} and ${j} calls: ${cluster.calls.join("; ")}`);
      const pod = cluster.pods().find(({ status }) => status?.phase === "Running");
      if (pod) cluster.finish(pod, { exitCode: 0 });
    },
  );
  const [results] = await Promise.all([both, playing]);
  return { results, refusals, ran: [...cluster.ran].sort(), overlaps: cluster.overlaps, cronJobs: cluster.all("cronjobs") };
}

/** After how many calls a process may be stopped: from those that look at what there is to the one that launches, and one more. */
const calls = Array.from({ length: 11 }, (_, i) => i + 4);

describe.each<[string, Scenario["lists"], number[]]>([
  ["the same list", [list(1, 3), list(1, 3)], [1, 2, 3]],
  ["lists that overlap", [list(1, 3), list(2, 4)], [1, 2, 3, 4]],
  ["a list within the other", [list(1, 3), list(2, 2)], [1, 2, 3]],
  ["lists that have nothing in common", [list(1, 2), list(3, 4)], [1, 2, 3, 4]],
  ["the same list with more memory", [list(1, 2), { ...list(1, 2), memory: "2Gi" }], [1, 2]],
])("two processes at once with %s", (_what, lists, all) => {
  test("each task runs once, and both see all of theirs succeed", async () => {
    for (const i of calls) {
      for (const j of calls) {
        const { results, ran, overlaps } = await play({ lists }, i, j);
        expect({ i, j, ran, overlaps, status: results.map((one) => one?.status) }).toEqual({
          i,
          j,
          ran: ranOf(...all),
          overlaps: [],
          status: ["complete", "complete"],
        });
      }
    }
  });

  test("one that dies holds the other one up in nothing, and no task runs twice", async () => {
    for (const i of calls) {
      const { results, ran, overlaps } = await play({ lists, dies: true }, i, 0);
      expect({ i, overlaps, status: results[1]?.status, twice: ran.length - new Set(ran).size }).toEqual({
        i,
        overlaps: [],
        status: "complete",
        twice: 0,
      });
    }
  });
});

test("with onChange: cancel no task runs twice at once, and no Job is cancelled that was launched after the run began", async () => {
  for (const i of calls) {
    for (const j of calls) {
      const { results, overlaps } = await play({ lists: [list(1, 3), { ...list(2, 4), onChange: "cancel" }] }, i, j);
      expect({ i, j, overlaps, status: results[1]?.status }).toEqual({ i, j, overlaps: [], status: "complete" });
    }
  }
});

const nightly = { schedule: { cron: "0 3 * * *" } };

describe.each<[string, Scenario["lists"]]>([
  ["a run, and one that gives the Job a schedule", [list(1, 3), { ...list(2, 4), ...nightly }]],
  ["one that gives the Job a schedule, and a run", [{ ...list(2, 4), ...nightly }, list(1, 3)]],
])("%s", (_what, lists) => {
  const [planner, runner] = "schedule" in lists[0] ? [0, 1] : [1, 0];

  test("no task runs twice at once, and either both get what they ask for, or the run says who was first", async () => {
    const outcomes = new Set<string>();
    for (const i of calls) {
      for (const j of calls) {
        const { results, refusals, overlaps } = await play({ lists }, i, j);
        expect({ i, j, overlaps, planned: results[planner]?.status }).toEqual({ i, j, overlaps: [], planned: "scheduled" });
        const ran = results[runner]?.status ?? refusals.join();
        expect({ i, j, ran }).toEqual({ i, j, ran: expect.stringMatching(/^complete$|has got a schedule while this run began/) as string });
        outcomes.add(ran);
      }
    }
    expect(outcomes.size).toBe(2);
  });

  test("one that dies holds the other one up in nothing", async () => {
    for (const i of calls) {
      const { results, overlaps } = await play({ lists, dies: true }, i, 0);
      expect({ i, overlaps, status: results[1]?.status }).toEqual({ i, overlaps: [], status: planner === 1 ? "scheduled" : "complete" });
    }
  });
});

test("two that give the Job different schedules: one stands, whole, and none of its tasks lacks its ConfigMap", async () => {
  const lists = [
    { ...list(1, 3), ...nightly },
    { ...list(2, 4), ...nightly },
  ] as const;
  for (const i of calls) {
    for (const j of calls) {
      const { results, cronJobs, overlaps } = await play({ lists }, i, j);
      expect({ i, j, overlaps, cronJobs: cronJobs.length, status: results.map((one) => one?.status) }).toEqual({
        i,
        j,
        overlaps: [],
        cronJobs: 1,
        status: ["scheduled", "scheduled"],
      });
    }
  }
});
