import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { ClusterError } from "../../kubernetes/cluster";
import { type Outcome } from "../batch/fakes/cluster";
import { kubeconfig } from "../batch/fakes/kubeconfig";
import { answerWith, serve } from "../batch/fakes/server";
import { command, createHarness, type Harness, sweep } from "./harness";

let here: Harness;
beforeEach(() => (here = createHarness()));

/** Task 2 (SEED=2) fails, with a log. */
const oneFails = (index: number): Outcome =>
  index === 1 ? { exitCode: 7, message: "no beam", log: "try\nno beam\n" } : { exitCode: 0, log: "fine\n" };

/** All tasks run until they are told to end. */
async function running() {
  here.cluster.outcome = () => undefined;
  expect(await here.run([...sweep, "--detach", ...command])).toMatchObject({ status: 0 });
}

const end = (outcome: Outcome = { exitCode: 0 }) => here.cluster.pods().forEach((pod) => here.cluster.finish(pod, outcome));

/** Waits for something to become true; the test's own time limit ends it. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("submit", () => {
  test("runs every task, tells the result and ends with 0; a second one runs nothing", async () => {
    const first = await here.run([...sweep, "--json", ...command]);
    expect(first).toMatchObject({ status: 0 });
    expect(first.json()).toMatchObject({
      name: "sweep",
      namespace: "batch",
      status: "complete",
      counts: { total: 3, succeeded: 3, failed: 0, skipped: 0 },
      resultsPrefix: "batch/sweep/",
      logs: "s3://results/batch/sweep/logs/",
      cost: { nodeHours: expect.closeTo(1 / 60) as number },
      tasks: [{ name: "SEED=1", status: "succeeded" }, { name: "SEED=2" }, { name: "SEED=3" }],
    });
    expect(here.cluster.ran).toEqual(["export SEED='1'", "export SEED='2'", "export SEED='3'"]);
    const second = await here.run([...sweep, ...command]);
    expect(second).toMatchObject({ status: 0, out: "sweep: complete; 3 of 3 tasks succeeded, 3 done before\n" });
    expect(here.cluster.ran).toHaveLength(3);
  });

  test("failed tasks end it with 1 and are told on stderr, with the command that runs them again", async () => {
    here.cluster.outcome = oneFails;
    const { status, out, err } = await here.run([...sweep, "--retries", "0", ...command]);
    expect(status).toBe(1);
    expect(err).toContain("1 of 3 tasks failed");
    expect(err).toContain("SEED=2: no beam (exit status 7, 1 attempt)");
    expect(err).not.toContain("retryFailed");
    expect(err).toContain("To run them again as they are: mks-batch retry sweep --failed\n");
    expect(out).toContain("2 of 3 tasks succeeded, 1 failed");
  });

  test("--on-failure report: failed tasks end it with 0", async () => {
    here.cluster.outcome = oneFails;
    const { status, json } = await here.run([...sweep, "--retries", "0", "--on-failure", "report", "--json", ...command]);
    expect(status).toBe(0);
    expect(json()).toMatchObject({ status: "failed" });
  });

  test("--detach launches and returns", async () => {
    here.cluster.outcome = () => undefined;
    const { status, out } = await here.run([...sweep, "--detach", ...command]);
    expect(status).toBe(0);
    expect(out).toMatch(/^sweep: at work as Job sweep-[0-9a-f]{10}; mks-batch status sweep --watch follows and records it\n$/);
  });

  test("--dry-run tells of a Job at work what changed parameters mean for it, and how many running tasks would be cancelled", async () => {
    await running();
    const { metadata } = here.cluster.jobs()[0]!;
    const dry = (...more: string[]) => here.run([...sweep, "--dry-run", "--json", ...more, ...command]);
    const changed = [{ job: metadata.name, changes: [`cpu: "1" → "2"`], effect: "later" }];
    expect((await dry("--cpu", "2")).json()).toMatchObject({ atWork: 3, changed });
    const { out } = await here.run([...sweep, "--dry-run", "--cpu", "2", ...command]);
    expect(out).toContain(`; Job ${metadata.name} goes on with the parameters that it was launched with while it runs`);
    expect((await dry("--image", "registry/fit:2", "--on-change", "cancel")).json()).toMatchObject({
      unwanted: { running: 3, onChange: "cancel" },
    });
    const text = await here.run([...sweep, "--dry-run", "--image", "registry/fit:2", ...command]);
    expect(text.out).toContain(
      "; 3 running tasks that are not wanted any more will be waited for first (onChange: cancel would cancel them)",
    );
  });

  test("--dry-run prints a manifest and changes nothing", async () => {
    const { status, out } = await here.run([...sweep, "--dry-run", ...command]);
    expect(status).toBe(0);
    expect(out).toMatch(/^# 3 tasks: 3 to run \(3 new\); no estimate: .*\n/);
    expect(parse(out)).toMatchObject({ kind: "Job", spec: { completions: 3 } });
    const { json } = await here.run([...sweep, "--dry-run", "--json", ...command]);
    expect(json()).toMatchObject({
      name: "sweep",
      total: 3,
      reasons: { new: 3 },
      run: [{ env: { SEED: "1" } }, {}, {}],
      manifest: { kind: "Job" },
    });
    expect(here.cluster.jobs()).toEqual([]);
    expect(here.store.objects.size).toBe(0);
  });

  test("--schedule makes a CronJob, which status and list tell", async () => {
    const dry = await here.run([...sweep, "--schedule", "0 3 * * *", "--dry-run", ...command]);
    expect(parse(dry.out)).toMatchObject({ kind: "CronJob", spec: { schedule: "0 3 * * *" } });
    const { status, out } = await here.run([...sweep, "--schedule", "0 3 * * *", ...command]);
    expect({ status, out }).toEqual({
      status: 0,
      out: expect.stringMatching(/^sweep: scheduled, "0 3 \* \* \*" \(Etc\/UTC\), next at .*T03:00:00Z\n$/) as string,
    });
    const shown = await here.run(["status", "sweep", "--json"]);
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.json()).toMatchObject({ status: "scheduled", schedule: { cron: "0 3 * * *" } });
    expect((await here.run(["list", "--json"])).json()).toMatchObject({ jobs: [{ status: "scheduled", schedule: "0 3 * * *" }] });
    expect(await here.run(["retry", "sweep"])).toMatchObject({ status: 2, err: expect.stringContaining("runs by its schedule") as string });
  });

  test("a Job of a stack may be run, with a warning", async () => {
    await here.run([...sweep, ...command]);
    const key = "batch/.jobs/sweep.json";
    here.store.objects.set(key, here.store.objects.get(key)!.replace('"submittedBy":"mks-batch"', '"submittedBy":"pulumi"'));
    expect((await here.run([...sweep, ...command])).err).toContain("it belongs to a Pulumi stack");
  });
});

describe("status", () => {
  test("of what runs: progress, pace and tasks; ends with 0", async () => {
    await running();
    here.cluster.finish(here.cluster.pods()[0]!, { exitCode: 0 });
    const { status, out } = await here.run(["status", "sweep"]);
    expect(status).toBe(0);
    expect(out).toContain("sweep: running\n[##########--------------------]  33 %  1/3 tasks, 2 running\n");
    expect(out).toMatch(/1 +SEED=2 +running/);
    const { json } = await here.run(["status", "sweep", "--json"]);
    expect(json()).toMatchObject({
      status: "running",
      progress: { total: 3, succeeded: 1, failed: 0, running: 2, waiting: [] },
      tasks: [{ status: "succeeded" }, { status: "running" }, { status: "running" }],
    });
  });

  test("tells what pods wait for", async () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" }];
    here.cluster.podStatus = { phase: "Pending", conditions };
    await running();
    expect((await here.run(["status", "sweep"])).out).toContain("3 pods wait for a node: 0/1 nodes are available");
  });

  test("--watch follows to the end and records it", async () => {
    await running();
    const watching = here.run(["status", "sweep", "--watch"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    end();
    expect(await watching).toMatchObject({ status: 0, out: expect.stringContaining("sweep: complete") as string });
    expect([...here.store.objects.keys()].filter((key) => key.startsWith("batch/sweep/records/"))).toHaveLength(3);
  });

  test("of what failed: ends with 1; --tasks lists all", async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "0", ...command]);
    const { status, out } = await here.run(["status", "sweep"]);
    expect(status).toBe(1);
    expect(out).toMatch(/1 +SEED=2 +failed +1 .* 7 +no beam/);
    expect(out).not.toContain("SEED=1");
    expect((await here.run(["status", "sweep", "--tasks"])).out).toMatch(/0 +SEED=1 +succeeded/);
  });
});

describe("list", () => {
  test("tells every Job of the bucket", async () => {
    expect(await here.run(["list"])).toMatchObject({ status: 0, out: "there are no Jobs\n" });
    await here.run([...sweep, ...command]);
    expect((await here.run(["list"])).out).toMatch(/^name +namespace +status .*\nsweep +batch +complete +3 +3 +0 .*mks-batch\n$/);
    expect((await here.run(["list", "--json"])).json()).toEqual({
      jobs: [
        {
          name: "sweep",
          namespace: "batch",
          status: "complete",
          counts: { total: 3, succeeded: 3, failed: 0 },
          submittedAt: expect.any(String) as string,
          submittedBy: "mks-batch",
        },
      ],
      queues: [],
    });
  });
});

describe("logs", () => {
  beforeEach(() => (here.cluster.outcome = oneFails));

  test("of ended tasks come from the bucket, all attempts of them", async () => {
    await here.run([...sweep, "--retries", "1", ...command]);
    here.cluster.calls.length = 0;
    expect((await here.run(["logs", "sweep"])).out).toBe(
      "==> SEED=1, attempt 1 (succeeded) <==\nfine\n==> SEED=2, attempt 2 (failed) <==\ntry\nno beam\n==> SEED=3, attempt 1 (succeeded) <==\nfine\n",
    );
    expect(await here.run(["logs", "sweep", "--task", "SEED=2", "--attempt", "1"])).toMatchObject({ status: 0, out: "try\nno beam\n" });
    expect((await here.run(["logs", "sweep", "--task", "1", "--json"])).json()).toEqual({
      name: "sweep",
      logs: [
        {
          task: "SEED=2",
          status: "failed",
          attempt: 2,
          attempts: 2,
          pod: expect.any(String) as string,
          live: false,
          log: "try\nno beam\n",
        },
      ],
    });
    expect(here.cluster.calls.filter((call) => call.startsWith("log "))).toEqual([]);
  });

  test("of tasks at work come from the cluster; --follow goes on to their end", async () => {
    await running();
    const live = await here.run(["logs", "sweep", "--task", "0", "--json"]);
    expect(live.json()).toMatchObject({ logs: [{ live: true, attempt: 1 }] });
    const following = here.run(["logs", "sweep", "--follow"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    end({ exitCode: 0, log: "one\ntwo\n" });
    const { status, out } = await following;
    expect(status).toBe(0);
    expect(out.split("\n").sort().filter(Boolean)).toEqual(
      ["SEED=1 | one", "SEED=1 | two", "SEED=2 | one", "SEED=2 | two", "SEED=3 | one", "SEED=3 | two"].sort(),
    );
  });

  describe("of more tasks than can be followed at a time", () => {
    const seeds = Array.from({ length: 40 }, (_, i) => `s${i}`);
    let open = 0;
    let most = 0;

    /** Follows 40 tasks that run; a log of the cluster can be read as long as `readable` says. */
    async function follow(readable: (pod: string) => boolean) {
      const { cluster } = here;
      cluster.outcome = () => undefined;
      await here.run(["submit", "--name", "many", "--image", "i:1", "--matrix", `SEED=${seeds.join(",")}`, "--detach", ...command]);
      [open, most] = [0, 0];
      cluster.logLines = async function* (_namespace, pod) {
        most = Math.max(most, ++open);
        try {
          if (!readable(pod)) throw new ClusterError(`pods "${pod}" not found`, 404);
          yield `2026-01-01T00:00:01Z ${pod} begins`;
          await until(() => cluster.pods().every(({ status }) => status?.phase === "Succeeded"));
          yield `2026-01-01T00:00:02Z ${pod} ends`;
        } finally {
          open--;
        }
      };
      const following = here.run(["logs", "many", "--follow", "--json"]);
      await until(() => open === 16);
      for (const pod of cluster.pods())
        cluster.finish(pod, { exitCode: 0, log: `${pod.metadata.name} begins\n${pod.metadata.name} ends\n` });
      const { status, out, err } = await following;
      const lines = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { task: string; pod: string; line: string });
      return { status, err, lines };
    }

    const expectAllShown = (lines: readonly { task: string; pod: string; line: string }[]) => {
      for (const [i, seed] of seeds.entries()) {
        const own = lines.filter(({ task }) => task === `SEED=${seed}`);
        expect(own.map(({ line }) => line)).toEqual([`${own[0]?.pod} begins`, `${own[0]?.pod} ends`]);
        expect(own[0]?.pod).toMatch(new RegExp(`-${i}-0$`));
      }
      expect(lines).toHaveLength(2 * seeds.length);
    };

    test("shows every line of all of them, no more than 16 at a time, and says so", async () => {
      const { status, err, lines } = await follow(() => true);
      expect({ status, err }).toEqual({ status: 0, err: expect.stringMatching(/^16 logs are followed at a time.*\n$/) as string });
      expect(most).toBe(16);
      expectAllShown(lines);
    });

    test("those whose pods are gone when it is their turn come from the bucket", async () => {
      const { status, lines } = await follow((pod) => Number(/-(\d+)-0$/.exec(pod)![1]) < 20);
      expect(status).toBe(0);
      expectAllShown(lines);
    });
  });

  test("--follow of one task ends with the task, and shows its attempts before", async () => {
    here.cluster.outcome = (_index, attempt) => (attempt === 0 ? { exitCode: 1, log: "no luck\n" } : undefined);
    await here.run([...sweep, "--detach", ...command]);
    const following = here.run(["logs", "sweep", "--follow", "--task", "SEED=2"]);
    await until(() => here.cluster.calls.some((call) => /^follow log .*-1-1$/.test(call)));
    const second = here.cluster.pods().find(({ metadata }) => metadata.name.endsWith("-1-1"))!;
    here.cluster.finish(second, { exitCode: 0, log: "well\n" });
    expect(await following).toMatchObject({ status: 0, out: "no luck\nwell\n" });
    expect(here.cluster.pods().filter(({ status }) => status?.phase === "Running")).toHaveLength(2);
    end();
  });

  test("--follow of what has ended shows what was kept, of every attempt", async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "1", ...command]);
    const { status, out } = await here.run(["logs", "sweep", "-f"]);
    expect(status).toBe(1);
    const failed = ["SEED=2 | try", "SEED=2 | no beam"];
    expect(out.trimEnd().split("\n").sort()).toEqual(["SEED=1 | fine", "SEED=3 | fine", ...failed, ...failed].sort());
  });

  test.each([
    [["--task", "SEED=9"], 2, "there is no task 'SEED=9' among 3 tasks; did you mean 'SEED=1'?"],
    [["--task", "SEED=1", "--attempt", "5"], 2, "the task 'SEED=1' has 1 attempt"],
    [["--attempt", "0"], 2, '--attempt: must be a whole number from 1 on, not "0"'],
    [["--attempt", "1", "-f"], 2, "--follow and --attempt: keep one of them"],
  ])("%p ends with %p", async (flags, status, message) => {
    await here.run([...sweep, "--retries", "0", ...command]);
    const outcome = await here.run(["logs", "sweep", ...flags]);
    expect(outcome.status).toBe(status);
    expect(outcome.err).toContain(message);
  });
});

describe("cancel", () => {
  test("removes a Job and keeps what it came to", async () => {
    await running();
    here.cluster.finish(here.cluster.pods()[0]!, { exitCode: 0 });
    expect(await here.run(["cancel", "sweep"])).toMatchObject({ status: 0, out: "cancelled: sweep\n" });
    expect(here.cluster.jobs()).toEqual([]);
    expect([...here.store.objects.keys()].filter((key) => key.startsWith("batch/sweep/records/"))).toHaveLength(1);
  });

  test("--all removes every Job of the bucket", async () => {
    await running();
    await here.run(["submit", "--name", "other", "--image", "i:1", "--detach", ...command]);
    expect((await here.run(["cancel", "--all", "--json"])).json()).toEqual({ cancelled: ["other", "sweep"] });
    expect(here.cluster.jobs()).toEqual([]);
  });

  test("of what has ended there is nothing to cancel", async () => {
    await here.run([...sweep, ...command]);
    expect(await here.run(["cancel", "--all"])).toMatchObject({ status: 0, out: "nothing was at work\n" });
  });

  test("one wrong name, and nothing is cancelled", async () => {
    await running();
    expect(await here.run(["cancel", "sweep", "swep"])).toMatchObject({ status: 3 });
    expect(here.cluster.jobs()).toHaveLength(1);
    expect(await here.run(["cancel"])).toMatchObject({ status: 2 });
    expect(await here.run(["cancel", "--all", "sweep"])).toMatchObject({ status: 2 });
  });
});

describe("retry", () => {
  test("--failed runs exactly the failed tasks again", async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "0", ...command]);
    here.cluster.outcome = () => ({ exitCode: 0 });
    expect(await here.run(["retry", "sweep"])).toMatchObject({ status: 1 });
    expect(here.cluster.ran).toHaveLength(3);
    expect(await here.run(["retry", "sweep", "--failed"])).toMatchObject({
      status: 0,
      out: expect.stringContaining("3 of 3 tasks succeeded, 2 done before") as string,
    });
    expect(here.cluster.ran.slice(3)).toEqual(["export SEED='2'"]);
  });

  test("--failed and --detach hold for that call: the Job's own parameters stay", async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "0", ...command]);
    const parameters = () => (JSON.parse(here.store.objects.get("batch/.jobs/sweep.json")!) as { parameters: unknown }).parameters;
    const before = parameters();
    await here.run(["retry", "sweep", "--failed", "--detach"]);
    expect(here.cluster.ran).toHaveLength(4);
    expect(parameters()).toEqual(before);
  });

  test("without it runs what has no result, e.g. after a cancel", async () => {
    await running();
    await here.run(["cancel", "sweep"]);
    here.cluster.outcome = () => ({ exitCode: 0 });
    expect(await here.run(["retry", "sweep"])).toMatchObject({ status: 0 });
  });
});

describe("what tasks write reaches a terminal without control characters", () => {
  const bar = "\r 50 %\r100 %";
  const evil = "\u001b[2J\u001b]0;title\u0007\u009b31mno beam\u0007";
  // eslint-disable-next-line no-control-regex -- these are what it is about
  const controls = /[\0-\u0008\u000b-\u001f\u007f-\u009f]/;
  beforeEach(async () => {
    here.cluster.outcome = () => ({ exitCode: 7, message: `${evil}${bar}`, log: `${bar}\r\n${evil}\n` });
    const tasks = join(here.home, "tasks.json");
    writeFileSync(tasks, JSON.stringify([{ name: "a\u001b[31mb\u0008c\nd", env: {} }]));
    const { out, err } = await here.run(["submit", "--name", "sweep", "--image", "i:1", "--retries", "0", "--tasks", tasks, ...command]);
    expect(out + err).not.toMatch(controls);
  });

  test("names and reasons, in tables and messages", async () => {
    const { out, err } = await here.run(["status", "sweep", "--tasks"]);
    expect(out + err).not.toMatch(controls);
    expect(out).toMatch(/ab\\u0008c d +failed .* 100 %$/m);
    const { out: json } = await here.run(["status", "sweep", "--json"]);
    expect(json).not.toMatch(controls);
    expect(JSON.parse(json)).toMatchObject({ tasks: [{ name: "a\u001b[31mb\u0008c\nd" }] });
  });

  test("logs, unless --raw asks for what was written", async () => {
    expect(await here.run(["logs", "sweep"])).toMatchObject({ out: "100 %\nno beam\\u0007\n" });
    expect(await here.run(["logs", "sweep", "--raw"])).toMatchObject({ out: `${bar}\r\n${evil}\n` });
    expect(await here.run(["logs", "sweep", "--follow"])).toMatchObject({ out: "100 %\nno beam\\u0007\n" });
    expect(await here.run(["logs", "sweep", "--follow", "--raw"])).toMatchObject({ out: `${bar}\r\n${evil}\n` });
  });
});

describe("an entry in the bucket that was forged", () => {
  const key = "batch/.jobs/sweep.json";
  const forge = (changes: object) => {
    const entry = JSON.parse(here.store.objects.get(key)!) as { parameters: object };
    here.store.objects.set(key, JSON.stringify({ ...entry, parameters: { ...entry.parameters, ...changes } }));
  };

  test.each([["status"], ["cancel"], ["retry"], ["logs"], ["report"], ["results"], ["cost"]])(
    "does not take %s to another namespace, unless that is given",
    async (name) => {
      await running();
      forge({ namespace: "kube-system" });
      const before = here.cluster.jobs().length;
      const refusal = "sweep: its entry in the bucket names the namespace 'kube-system', and the connection has 'batch'";
      expect(await here.run([name, "sweep"])).toMatchObject({ status: 2, out: "", err: expect.stringContaining(refusal) as string });
      expect(here.cluster.jobs()).toHaveLength(before);
    },
  );

  test("is told by list and by cancel --all, which do the rest", async () => {
    await running();
    const entry = here.store.objects.get(key)!;
    const other = entry.replace('"name":"sweep"', '"name":"other"').replace('"namespace":"batch"', '"namespace":"kube-system"');
    here.store.objects.set("batch/.jobs/other.json", other);
    here.store.objects.set("batch/.jobs/broken.json", "{");
    const list = await here.run(["list"]);
    expect(list).toMatchObject({ status: 0, err: expect.stringContaining("other: its entry in the bucket names the namespace") as string });
    expect(list.err).toContain("batch/.jobs/broken.json in the bucket is not what this program writes there");
    expect(list.out).not.toContain("other");
    const cancelled = await here.run(["cancel", "--all"]);
    expect(cancelled).toMatchObject({ status: 2, out: "cancelled: sweep\n", err: expect.stringContaining("other: its entry") as string });
    expect(here.cluster.jobs()).toEqual([]);
  });

  test("gives retry no service account and no Secret, unless they are allowed", async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "0", ...command]);
    const launched = here.cluster.ran.length;
    forge({ serviceAccount: "admin", envFrom: ["s3-credentials", "tokens"] });
    const refused = await here.run(["retry", "sweep", "--failed", "--allow", "secret/tokens"]);
    expect(refused).toMatchObject({ status: 2, out: "" });
    expect(refused.err).toBe(
      "error: sweep: its entry in the bucket names the service account 'admin'; if its tasks shall have it, give --allow serviceaccount/admin\n",
    );
    expect(await here.run(["retry", "sweep", "--allow", "tokens"])).toMatchObject({
      status: 2,
      err: 'error: --allow: must be secret/NAME or serviceaccount/NAME, not "tokens"\n',
    });
    expect(here.cluster.ran).toHaveLength(launched);
    expect(await here.run(["status", "sweep"])).toMatchObject({ status: 1 });
  });
});

describe("results", () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "results-"));
    here.cluster.outcome = (index) => ({ exitCode: 0, message: JSON.stringify({ outputs: [{ key: `plots/${index}.png`, bytes: 4 }] }) });
    for (const n of [0, 1, 2]) here.store.objects.set(`plots/${n}.png`, `png${n}`);
    here.store.objects.set("plots/other.png", "not ours");
    here.store.objects.set("batch/sweep/merged.json", "{}");
    await here.run([...sweep, ...command]);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("are what tasks say they wrote, and what lies under the Job's prefix", async () => {
    const { json } = await here.run(["results", "sweep", "--json"]);
    const modified = "2026-01-01T00:00:00.000Z";
    expect(json()).toEqual({
      name: "sweep",
      results: [
        { key: "batch/sweep/merged.json", bytes: 2, modified },
        { task: "SEED=1", key: "plots/0.png", bytes: 4, modified },
        { task: "SEED=2", key: "plots/1.png", bytes: 4, modified },
        { task: "SEED=3", key: "plots/2.png", bytes: 4, modified },
      ],
    });
  });

  test("are not the Job's book-keeping, whatever a task says", async () => {
    here.cluster.outcome = () => ({ exitCode: 0, message: JSON.stringify({ outputs: [{ key: "batch/sweep/report.html", bytes: 4 }] }) });
    await here.run([...sweep, "--env", "A=1", ...command]);
    here.store.objects.set("batch/sweep/report.html", "page");
    here.store.objects.set("batch/sweep/report.html.gz", "a result");
    const { out } = await here.run(["results", "sweep"]);
    expect(out.match(/^\S+\/\S+/gm)).toEqual(["batch/sweep/merged.json", "batch/sweep/report.html.gz"]);
  });

  test("--download fetches them once, keeps what was changed here, and --force takes the bucket's", async () => {
    const download = () => here.run(["results", "sweep", "--download", folder, "--json"]);
    const outcomes = async (run: ReturnType<typeof download>) =>
      ((await run).json().results as { outcome: string }[]).map(({ outcome }) => outcome);
    const file = join(folder, "plots/1.png");
    expect(await outcomes(download())).toEqual(["downloaded", "downloaded", "downloaded", "downloaded"]);
    expect(readFileSync(file, "utf8")).toBe("png1");
    expect(statSync(file).mtime.toISOString()).toBe("2026-01-01T00:00:00.000Z");
    rmSync(join(folder, "plots/0.png"));
    writeFileSync(file, "mine");
    expect(await outcomes(download())).toEqual(["present", "downloaded", "kept", "present"]);
    expect(readFileSync(file, "utf8")).toBe("mine");
    const forced = await here.run(["results", "sweep", "--download", folder, "--force"]);
    expect(forced.status).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("png1");
    utimesSync(file, 0, 0);
    expect(await outcomes(download())).toEqual(["present", "present", "downloaded", "present"]);
  });

  test("--download fetches the rest when some cannot be written, says which and why, and ends with 1", async () => {
    const long = "n".repeat(300);
    for (const key of ["a", "a/b", "c", "d", long]) here.store.objects.set(`batch/sweep/${key}`, key);
    mkdirSync(join(folder, "batch/sweep/d"), { recursive: true });
    for (const force of [[], ["--force"]]) {
      const { status, json } = await here.run(["results", "sweep", "--download", folder, "--json", ...force]);
      expect(status).toBe(1);
      const told = json().results as { key: string; outcome: string; reason?: string }[];
      expect(
        told.filter(({ outcome }) => outcome === "unwritable").map(({ key, reason }) => [key.slice("batch/sweep/".length), reason]),
      ).toEqual([
        ["a", "other keys need a folder of that name"],
        ["d", "there is a folder of that name"],
        [long, "the name is too long for this disk"],
      ]);
    }
    for (const key of ["a/b", "c"]) expect(readFileSync(join(folder, "batch/sweep", key), "utf8")).toBe(key);
    expect((await here.run(["results", "sweep", "--download", folder])).out).toMatch(/batch\/sweep\/a .*other keys need a folder/);
  });

  test("--download says which objects would need a folder where a file is", async () => {
    here.store.objects.set("batch/sweep/a/b", "b");
    mkdirSync(join(folder, "batch/sweep"), { recursive: true });
    writeFileSync(join(folder, "batch/sweep/a"), "of before");
    const { status, out } = await here.run(["results", "sweep", "--download", folder]);
    expect({ status, out }).toEqual({ status: 1, out: expect.stringContaining("there is a file in the place of its folder") as string });
    expect(readFileSync(join(folder, "batch/sweep/a"), "utf8")).toBe("of before");
  });

  test("without a cluster, of what was recorded", async () => {
    const env = {
      AWS_ENDPOINT_URL: "http://s3",
      AWS_REGION: "gra",
      S3_BUCKET: "results",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
    };
    const { status, out, err } = await here.run(["results", "sweep"], { env });
    expect({ status, out }).toEqual({ status: 0, out: expect.stringContaining("plots/1.png") as string });
    expect(err).toContain("the cluster cannot be queried; this is what was recorded before");
  });

  test("--force needs --download", async () => expect(await here.run(["results", "sweep", "--force"])).toMatchObject({ status: 2 }));
});

describe("cost", () => {
  test("asks no registry which image a tag names now: a dry run does", async () => {
    const { url, received, close } = await serve((_received, response) => response.writeHead(404).end());
    const image = `${new URL(url).host}/fit:1`;
    here.cluster.imageID = `${new URL(url).host}/fit@sha256:${"a".repeat(64)}`;
    const described = [...sweep.slice(1), "--image", image];
    expect(await here.run(["submit", ...described, ...command])).toMatchObject({ status: 0 });
    expect(await here.run(["cost", "sweep"])).toMatchObject({ status: 0 });
    expect(await here.run(["cost", ...described, ...command])).toMatchObject({ status: 0 });
    expect(received).toEqual([]);
    expect((await here.run(["submit", ...described, "--dry-run", ...command])).out).toContain("(HTTP 404)");
    await close();
  });

  beforeEach(() => {
    here.cluster.put("nodepools", { metadata: { name: "compute" }, spec: { flavor: "c2-15", maxNodes: 10 } } as {
      metadata: { name: string };
    });
    const allocatable = { cpu: "3.8", memory: "13Gi", pods: "110", "ephemeral-storage": "50Gi" };
    here.cluster.put("nodes", { metadata: { name: "node-1", labels: { nodepool: "compute" } }, status: { allocatable } } as {
      metadata: { name: string };
    });
  });

  test("of a Job: its time, a minute at least, and the price", async () => {
    await here.run([...sweep, "--node-hour", "c2-15=0.19", ...command]);
    const { status, json } = await here.run(["cost", "sweep", "--json"]);
    expect(status).toBe(0);
    expect(json()).toMatchObject({
      name: "sweep",
      actual: { nodeHours: expect.closeTo(1 / 60) as number, amount: expect.closeTo(0.19 / 60) as number },
      toRun: 0,
    });
    expect((await here.run(["cost", "sweep"])).out).toBe("sweep: so far 0.02 node-hours, 0.0032\n");
  });

  test("of a description: an estimate, or why there is none", async () => {
    const described = ["cost", ...sweep.slice(1), "--node-hour", "c2-15=0.19"];
    const { json } = await here.run([...described, "--task-seconds", "1800", "--json", ...command]);
    expect(json()).toMatchObject({ total: 3, toRun: 3, estimate: { nodes: 1, flavor: "c2-15", seconds: 1800, basis: "taskSeconds" } });
    expect((await here.run([...described, ...command])).out).toContain(
      "no estimate: it is not known how long a task takes; set --task-seconds",
    );
  });

  test("is by the second, or by the hour where the nodes are billed so", async () => {
    const described = ["cost", ...sweep.slice(1), "--node-hour", "c2-15=0.2", "--task-seconds", "900"];
    expect((await here.run([...described, ...command])).out).toContain("about 0.25 node-hours on c2-15 (1 node for 15 min), 0.0500");
    const hourly = await here.run([...described, "--billing", "hourly", ...command]);
    expect(hourly.out).toMatch(/about [12] node-hours? on c2-15/);
  });

  test("with --stack says what the cluster itself costs, which is no part of a Job's cost", async () => {
    const addons = [{ planCode: "mks.standard.hour.consumption.3az", pricings: [{ capacities: ["consumption"], price: 12_000_000 }] }];
    const { url, close } = await serve((_, response) => answerWith(response, 200, { locale: { currencyCode: "EUR" }, addons }));
    const clusterFees = [
      { what: "plan Standard", planCode: "mks.standard.hour.consumption.3az" },
      { what: "gateway s", planCode: "gateway.s.hour.consumption.3AZ" },
    ];
    const s3Credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const outputs = {
      kubeconfig: kubeconfig("https://127.0.0.1:1"),
      bucket: "b",
      s3Endpoint: "http://s3.example",
      s3Region: "par",
      s3Credentials,
    };
    const pulumi = () => Promise.resolve(JSON.stringify({ ...outputs, clusterFees }));
    const described = [
      "cost",
      "--stack",
      "prod",
      ...sweep.slice(1),
      "--price-catalog",
      url,
      "--node-hour",
      "c2-15=0.2",
      "--task-seconds",
      "900",
    ];
    const cost = (...flags: string[]) => here.run([...described, ...flags, ...command], { pulumi });
    const told = "the cluster itself costs 0.12 EUR an hour, with or without Jobs (plan Standard 0.12, gateway s not in the price list)";
    expect((await cost()).out.split("\n")[1]).toBe(told);
    expect((await cost("--json")).json()).toMatchObject({
      cluster: { perHour: 0.12, currency: "EUR", parts: [{ what: "plan Standard", perHour: 0.12 }, { what: "gateway s" }] },
    });
    expect((await here.run([...described.filter((word) => word !== "--stack" && word !== "prod"), ...command])).out).not.toContain(
      "the cluster",
    );
    await here.run(["submit", "--stack", "prod", ...sweep.slice(1), "--price-catalog", url, "--node-hour", "c2-15=0.2", ...command], {
      pulumi,
    });
    expect((await here.run(["cost", "sweep", "--stack", "prod"], { pulumi })).out).toContain(told);
    await close();
  });

  test("needs a Job or a description", async () => {
    expect(await here.run(["cost"])).toMatchObject({ status: 2, err: expect.stringContaining("name one Job") as string });
    const { status, err } = await here.run(["cost", "sweep", "--cpu", "2", "--name", "x"]);
    expect({ status, err }).toEqual({
      status: 2,
      err: expect.stringContaining("--name, --cpu: allowed only in the description of a Job") as string,
    });
  });
});

test("report writes a page", async () => {
  await here.run([...sweep, "--node-hour", "c2-15=0.19", ...command]);
  const file = join(here.home, "sweep.html");
  const { status, json } = await here.run(["report", "sweep", "-o", file, "--json"]);
  expect(status).toBe(0);
  expect(json()).toMatchObject({ name: "sweep", file, tasks: 3 });
  expect(readFileSync(file, "utf8")).toContain("<html");
});

test("a report appears only when it is complete, and replaces the one before", async () => {
  await here.run([...sweep, ...command]);
  const folder = join(here.home, "reports");
  mkdirSync(folder);
  const file = join(folder, "sweep.html");
  writeFileSync(file, "old");
  expect(await here.run(["report", "sweep", "-o", file])).toMatchObject({ status: 0 });
  expect(readFileSync(file, "utf8")).toContain("<!doctype html>");
  expect(readdirSync(folder)).toEqual(["sweep.html"]);
  const { status, err } = await here.run(["report", "sweep", "-o", join(folder, "no", "such.html")]);
  expect({ status, err }).toEqual({ status: 2, err: expect.stringMatching(/cannot write the report to .*ENOENT/) as string });
});

describe("what is malformed in the bucket is told, once, and counts as absent", () => {
  const told = (key: string) => `${key} in the bucket is not what this program writes there, and counts as absent`;
  const occurrences = (text: string, part: string) => text.split(part).length - 1;
  const breakAll = (part: string): string => {
    const [key] = [...here.store.objects.keys()].filter((key) => key.includes(part));
    here.store.objects.set(key!, "{");
    return key!;
  };
  beforeEach(async () => {
    here.cluster.outcome = oneFails;
    await here.run([...sweep, "--retries", "0", ...command]);
  });

  test.each([["list"], ["status", "sweep"], ["cost", "sweep"], ["report", "sweep"], ["results", "sweep"], ["submit"]])(
    "a summary, by %s",
    async (...words) => {
      const key = breakAll("summary.json");
      const line = words[0] === "submit" ? [...sweep, "--retries", "0", ...command] : words;
      const { err } = await here.run(words[0] === "report" ? [...line, "--output", join(here.home, "page.html")] : line);
      expect({ err, times: occurrences(err, told(key)) }).toMatchObject({ times: 1 });
    },
  );

  test("a summary, without a cluster", async () => {
    const key = breakAll("summary.json");
    here.cluster.hook = (call) => {
      if (!call.includes("secrets")) throw new ClusterError("connect ECONNREFUSED");
    };
    const { err } = await here.run(["results", "sweep"]);
    expect({ err, times: occurrences(err, told(key)) }).toMatchObject({ times: 1 });
  });

  test("a record, by the log of its task and the account of a run", async () => {
    const failed = [...here.store.objects].find(([key, text]) => key.includes("/records/") && text.includes("no beam"))![0];
    here.store.objects.set(failed, "{");
    for (const line of [
      ["logs", "sweep", "--task", "1"],
      ["status", "sweep"],
    ]) {
      const { err } = await here.run(line);
      expect({ err, times: occurrences(err, told(failed)) }).toMatchObject({ times: 1 });
    }
  });
});
