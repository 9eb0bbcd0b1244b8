import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Job, type Pod, type Snapshot } from "../../../autoscaler/state/model";
import { namedRules, node, now, pod, pods, pool, rules, shape, snapshot } from "../build";

/** A batch Job of 100 tasks that keeps 20 pods. */
const job: Job = { uid: "job-uid", left: 100, parallelism: 100, window: 20, shape: shape(1000) };

const decided = (input: Partial<Snapshot>, history: History = emptyHistory, given = rules): Decision =>
  decide(snapshot({ jobs: [job], ...input }), history, given);
const sizes = (input: Partial<Snapshot>, history?: History): [string, number][] =>
  decided(input, history).actions.flatMap((action) =>
    action.type === "resize" ? [[action.pool.name, action.desired] as [string, number]] : [],
  );

describe("the tasks of a batch Job that have no pod", () => {
  test("order nodes like pods, in the same step", () => {
    // Three pods of one CPU fit on a c2-15, by the catalogue.
    expect(sizes({ pods: pods(20) })).toEqual([["compute", 34]]);
    expect(decided({ pods: pods(20) })).toMatchObject({ pending: 20, podless: 80 });
    expect(decided({ pods: pods(20) }).actions).toMatchObject([
      { type: "resize", reason: "20 pending pods and 80 tasks without a pod need 34 more nodes", jobs: [{ name: "job" }] },
    ]);
  });

  test("count once, whether their pods wait or run", () => {
    const nodes = [node("a"), node("b")];
    const running = [...pods(4, 1000, { node: "a" }), ...pods(4, 1000, { node: "b" })];
    // 92 are left for others, four on each.
    expect(sizes({ nodes, pools: [pool({ desired: 2 })], pods: [...running, ...pods(12)] })).toEqual([["compute", 25]]);
    expect(sizes({ nodes, pools: [pool({ desired: 25 })], pods: [...running, ...pods(12)] })).toEqual([]);
  });

  test("are no more than the user allows at a time, nor than are left", () => {
    expect(sizes({ pods: pods(20), jobs: [{ ...job, parallelism: 30 }] })).toEqual([["compute", 10]]);
    expect(sizes({ pods: pods(20), jobs: [{ ...job, left: 25 }] })).toEqual([["compute", 9]]);
    expect(decided({ pods: pods(20), jobs: [{ ...job, left: 20 }] }).podless).toBe(0);
  });

  test.each<[string, Partial<Snapshot>]>([
    ["of a Job that is suspended", { jobs: [{ ...job, suspended: true }] }],
    ["of another Job", { jobs: [{ uid: "job-uid", left: 100, parallelism: 100 }] }],
    ["of a Job without a fixed number of tasks", { jobs: [{ ...job, left: undefined }] }],
    ["of a Job that is not known yet", { jobs: [] }],
  ])("do not count %s", (_what, more) => {
    expect(sizes({ pods: pods(20), ...more })).toEqual([["compute", 7]]);
  });

  test("do not count while the Job has no pod that may run: it may not get to make any", () => {
    expect(decided({ pods: [] }).actions).toEqual([]);
    expect(decided({ pods: pods(3, 1000, { schedulable: false }) }).podless).toBe(0);
  });

  test("are not those whose pod has ended and that the Job has not counted yet, or keeps for another try", () => {
    const running = pods(4, 1000, { node: "a" });
    const input = { nodes: [node("a")], pools: [pool({ desired: 1 })], jobs: [{ ...job, left: 10 }], pods: running };
    expect(decided(input).podless).toBe(6);
    expect(decided({ ...input, ended: Array(6).fill({ jobUid: "job-uid" }) }).actions).toEqual([]);
    expect(decided({ ...input, ended: [{ jobUid: "other" }] }).podless).toBe(6);
  });

  test("are like its pods, whatever the cluster has added to the template", () => {
    const large = pods(1, 0, { shape: shape(3000), labels: { app: "x" } });
    expect(sizes({ pods: large, jobs: [{ ...job, left: 5 }] })).toEqual([["compute", 5]]);
  });

  test("wait for the pool that may have no more nodes", () => {
    expect(decided({ pods: pods(20), pools: [pool({ max: 4 })] }).actions).toMatchObject([
      { type: "resize", desired: 4 },
      {
        code: "PoolAtMaximum",
        reason: "8 pods and 80 tasks without a pod wait because the pool compute may have no more than 4 nodes (maxNodes)",
        jobs: [{ name: "job" }],
      },
    ]);
  });

  test("are reported with their Job where no pool fits, and no Event is about a pod that is none", () => {
    const actions = decided({ pods: pods(1, 64_000) }).actions;
    expect(actions).toMatchObject([{ code: "NoPoolFits", jobs: [{ name: "job" }] }]);
    expect(actions[0]).not.toHaveProperty("pods");
  });

  test("start together with pods of a gang, or not at all", () => {
    const gang = (amount: number): Pod[] => pods(amount, 1000, { gang: 60 });
    expect(sizes({ pods: gang(20), pools: [pool({ max: 20 })] })).toEqual([["compute", 20]]);
    expect(sizes({ pods: gang(20), pools: [pool({ max: 19 })] })).toEqual([]);
    // Fewer pods than it asks for at once, for now: its user allows more.
    const { actions } = decided({ pods: gang(20) });
    expect(actions.filter(({ type }) => type === "report")).toEqual([]);
  });

  test("keep a node that has room for one of them", () => {
    const nodes = [node("a"), node("b")];
    const input = { nodes, pools: [pool({ desired: 2, max: 2 })], pods: pods(4, 1000, { node: "a" }) };
    const history: History = { ...emptyHistory, idleSince: new Map([["node/b", now - 120_000]]) };
    const types = (jobs: Job[]): string[] => decided({ ...input, jobs }, history, namedRules).actions.map(({ type }) => type);
    expect(types([{ ...job, left: 4 }])).toEqual(["cordon"]);
    expect(types([{ ...job, left: 5 }])).toEqual([]);
  });

  test("are not late, however long the Job's pods have waited for a node that does not help", () => {
    const waiting = pod(1000, { createdAt: now - 3_600_000 });
    const { actions } = decided({ pods: [waiting] });
    expect(actions).toMatchObject([{ type: "resize", since: now - 3_600_000 }]);
    expect(decided({ pods: [pod(1000)] }).actions[0]).not.toHaveProperty("since");
  });

  test("take no more time than the kinds of pods do: 100,000 are one group", () => {
    const { podless, actions } = decided({ pods: pods(20), jobs: [{ ...job, left: 100_000, parallelism: 100_000 }] });
    expect(podless).toBe(99_980);
    expect(actions[0]).toMatchObject({ type: "resize", desired: 100 });
  });
});
