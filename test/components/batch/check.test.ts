import { parametersOf } from "../../../components/batch/inputs";
import { toText } from "../../../components/batch/text";
import { given, setUp, undefinedIn, unknown } from "./fakes/provider";

describe("check", () => {
  test("fills the defaults in and passes kubeconfig and provider through", async () => {
    const { inputs, failures } = await setUp().check();
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ ...given, namespace: "batch", memory: "1Gi", resultsPrefix: "batch/thumbnails/" });
    expect(undefinedIn(inputs)).toEqual([]);
  });

  test("tells every fault with its property", async () => {
    const { failures } = await setUp().check({ memory: "much", tasksFrom: { prefix: 1, env: {} }, kubeconfig: "}", parallel: 1 });
    expect(failures).toEqual(
      expect.arrayContaining([
        { property: "memory", reason: `must be a positive Kubernetes quantity such as 512Mi or 2Gi, not "much"` },
        { property: "tasksFrom.prefix", reason: expect.any(String) as string },
        { property: "parallel", reason: "is not known; did you mean 'parallelism'?" },
        { property: "kubeconfig", reason: expect.not.stringMatching(/^kubeconfig/) as string },
      ]),
    );
    expect(failures).toHaveLength(4);
  });

  test("takes the tasks as JSON text, tells their faults with their places, and passes them on as text", async () => {
    const { check } = setUp();
    const text = (...envs: object[]) => ({ tasksFrom: undefined, tasks: JSON.stringify(envs.map((env) => ({ env }))) });
    const { inputs, failures } = await check(text({ A: "1" }, {}));
    expect(failures).toEqual([]);
    expect(inputs.tasks).toBe('[{"env":{"A":"1"}},{"env":{}}]');
    expect((await check(text({ A: "1" }, { A: 1 }))).failures).toMatchObject([{ property: "tasks[1].env.A" }]);
    expect((await check({ tasksFrom: undefined, tasks: unknown })).failures).toEqual([]);
  });

  test("refuses what Pulumi marks secret, and tells nothing else: another fault might hold the value", async () => {
    const { check } = setUp();
    const { failures } = await check({ __secrets: ["shell must not be a secret"], shell: "", cpu: "hush" });
    expect(failures).toEqual([{ property: "", reason: "shell must not be a secret" }]);
    expect((await check({ __secrets: undefined })).failures).toEqual([]);
  });

  test("takes 10,000 tasks packed, and passes them on packed", async () => {
    const { check } = setUp();
    const tasks = Array.from({ length: 10_000 }, (_, index) => ({ env: { SEED: `${index}` } }));
    const { inputs, failures } = await check({ tasksFrom: undefined, tasks: toText(tasks) });
    expect(failures).toEqual([]);
    expect(inputs.tasks).toMatch(/^gzip:/);
    expect(parametersOf(inputs).tasks).toEqual(tasks);
  });

  test("answers the old inputs when nothing changed, and not when a secret did", async () => {
    const { check } = setUp();
    const { inputs } = await check();
    expect((await check({}, inputs)).inputs).toBe(inputs);
    expect((await check({ memory: "2Gi" }, inputs)).inputs).toMatchObject({ memory: "2Gi" });
    expect((await check({ store: { ...given.store, secretAccessKey: "another" } }, inputs)).inputs.store.secretAccessKey).toBe("another");
    expect((await check({ kubeconfig: "}" }, inputs)).failures).toMatchObject([{ property: "kubeconfig" }]);
  });

  test("leaves what a preview does not know to the update, and still finds the other faults", async () => {
    const { check } = setUp();
    expect((await check({ store: unknown, kubeconfig: unknown, memory: unknown, command: unknown })).failures).toEqual([]);
    expect((await check({ store: { ...given.store, endpoint: unknown } })).failures).toEqual([]);
    expect((await check({ store: unknown, cpu: "x" })).failures).toMatchObject([{ property: "cpu" }]);
  });
});
