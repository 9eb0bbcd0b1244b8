import { spawn } from "node:child_process";
import * as cloud from "./cloud";
import { expectNoOverlap, lives, marking, started } from "./marks";
import type { Outcome } from "./page";
import { findDescendant } from "./processes";

interface JobObject {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

interface StoredRecord {
  readonly name: string;
  readonly status: string;
  readonly attempts: readonly unknown[];
}

/** Two processes that run Jobs of one name at the same time, with lists that overlap; on the volume `ntuples`. */
export function concurrent(): void {
  const tasks = ["1", "2", "3", "4"];

  /** Submits tasks that mark their lives on the volume. */
  const submit = (job: string, list: readonly string[], seconds = 8): Promise<Outcome> => {
    const words = ["--name", job, "--volume", "ntuples-claim:/ntuples", "--matrix", `TASK=${list.join()}`, "--retries", "0"];
    return cloud.submit(...words, "--shell", marking(job, seconds));
  };
  const first = (job: string, seconds?: number) => submit(job, tasks.slice(0, 3), seconds);
  const second = (job: string, seconds?: number) => submit(job, tasks.slice(1), seconds);

  const selector = (job: string) => `--selector=batch.ovh-mks/job=${job}`;
  const jobsOf = async (job: string) => (await cloud.kubectlJson<{ items: JobObject[] }>("get", "jobs", selector(job))).items;
  const isLaunched = ({ metadata }: JobObject) => metadata.annotations?.["batch.ovh-mks/launched"] === "true";

  /** Both commands are content, and each of the four tasks ran once, to its end, and is recorded so. */
  async function expectAllOnce(job: string, outcomes: readonly Outcome[]): Promise<void> {
    for (const { code, output } of outcomes) expect({ code, output }).toMatchObject({ code: 0 });
    // A task whose pod another process had deleted would have a second life.
    expect(expectNoOverlap(job, tasks)).toEqual([]);
    const keys = await cloud.objectKeys(`batch/${job}/records/`);
    const records = await Promise.all(keys.map(async (key) => JSON.parse((await cloud.getObject(key))!) as StoredRecord));
    expect(records.map(({ name, status, attempts }) => `${name} ${status} ${attempts.length}`).sort()).toEqual(
      tasks.map((task) => `TASK=${task} succeeded 1`),
    );
  }

  /** The process of the command that submits a Job. */
  function processOf(job: string): number | undefined {
    try {
      return findDescendant(([program, script, ...words]) => /node$/.test(program!) && /bin\.cjs$/.test(script!) && words.includes(job));
    } catch {
      return undefined;
    }
  }

  /** Stops the command that submits a Job as soon as the API server has that Job, which leaves it some ten requests to do. Answers its pid. */
  async function stopOnceCreated(job: string): Promise<number> {
    const words = ["--namespace", "batch", "get", "jobs", selector(job), "--watch", "--output", "name"];
    const watch = spawn("kubectl", words, { env: cloud.env(), stdio: ["ignore", "pipe", "inherit"], timeout: 60_000 });
    try {
      // To find it takes longer than it does for those requests.
      let pid: number | undefined;
      await cloud.until("the command runs", () => (pid = processOf(job)) !== undefined);
      await new Promise<void>((resolve, reject) => {
        watch.stdout.once("data", () => {
          process.kill(pid!, "SIGSTOP");
          resolve();
        });
        watch.once("error", reject).once("exit", () => reject(new Error("kubectl ended before there was a Job")));
      });
      return pid!;
    } finally {
      watch.kill();
    }
  }

  describe("two commands at once, of one name and with lists that overlap", () => {
    it.each([0, 150, 600])("begun %i ms apart: each task runs once, and both commands end well", async (milliseconds) => {
      const job = `at-once-${milliseconds}`;
      cloud.volumeFolder(job);
      const one = first(job);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await expectAllOnce(job, await Promise.all([one, second(job)]));
    });

    it("the second begun while the first one's tasks run: it deletes none of them", async () => {
      cloud.volumeFolder("later");
      const one = first("later", 24);
      const running = async () => (await cloud.podsOf("later")).filter(({ phase }) => phase === "Running").length;
      await cloud.untilDuring(
        one,
        "three tasks run, and their nodes have said so",
        async () => started("later") === 3 && (await running()) === 3,
      );
      const two = second("later", 24);
      await expectAllOnce("later", await Promise.all([one, two]));
      expect((await two).output).toMatch(/works on tasks that are not wanted any more \(3 running\): waiting for its end/);
    });

    it("the first stopped between making its Job and launching it: the second launches, and the first gives way", async () => {
      // A fast command may have launched before it is stopped; then another Job is tried.
      for (let i = 1; ; i++) {
        const job = `stopped-${i}`;
        cloud.volumeFolder(job);
        const one = first(job, 24);
        const pid = await stopOnceCreated(job);
        let inTime: boolean;
        let two: Promise<Outcome>;
        try {
          inTime = !(await jobsOf(job)).some(isLaunched);
          two = second(job, 24);
          if (inTime) {
            await cloud.untilDuring(two, "the second one's three tasks run", () => started(job) === 3);
            expect(Object.keys(lives(job)).sort()).toEqual(tasks.slice(1));
          }
        } finally {
          process.kill(pid, "SIGCONT");
        }
        const outcomes = await Promise.all([one, two]);
        await expectAllOnce(job, outcomes);
        if (inTime) {
          // It has withdrawn its own Job, and launches the one task that nobody has.
          expect(outcomes[0].output).toMatch(/is at work: waiting for its 3 tasks/);
          return;
        }
        if (i === 15) throw new Error("in fifteen tries, no command was stopped between making its Job and launching it");
      }
    });
  });
}
