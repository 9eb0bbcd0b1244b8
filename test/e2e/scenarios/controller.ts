import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { clusterRules, namespaceRules } from "../../../components/batch-controller/rbac";
import { loadSettings } from "../../../local/lib/settings";
import { paths } from "../../../local/lib/paths";
import { addresses } from "../../../local/sandbox/addresses";
import * as cloud from "./cloud";
import { ended, expectNoOverlap, marking, started } from "./marks";
import { tasks, userProject } from "./pulumi-project";

interface Message {
  readonly id: string;
  readonly job: string;
  readonly status: string;
  readonly counts: object;
  readonly report?: string;
}

/** A web server of this machine that pods reach, and what it was sent. */
async function startReceiver(host: string) {
  const received: { readonly key: string; readonly message: Message }[] = [];
  const server: Server = createServer((request, response) => {
    void json(request).then((message) => {
      received.push({ key: String(request.headers["idempotency-key"]), message: message as Message });
      // The first try of each message is refused: it must come again, and count once.
      const { key } = received.at(-1)!;
      response.writeHead(received.filter((one) => one.key === key).length === 1 ? 503 : 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  return {
    received,
    url: `http://${host}:${port}/hook`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** What the batch controller does when nobody waits; on the volume `ntuples`. */
export function controller(): void {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  /** Submits tasks that mark their lives on the volume, and goes. */
  const leave = (job: string, seconds: number, ...more: string[]) => {
    cloud.volumeFolder(job);
    const words = ["--name", job, "--volume", "ntuples-claim:/ntuples", "--matrix", `TASK=${tasks.join()}`, "--retries", "0", "--detach"];
    return cloud.submit(...words, ...more, "--shell", marking(job, seconds));
  };
  const operator = (...args: string[]) => cloud.kubectl("--namespace", "batch-operator", ...args);
  const controllerPod = async () => (await operator("get", "pods", "--output=name")).trim();
  const computeNodes = async () =>
    (await cloud.kubectl("get", "nodes", "--selector=nodepool=compute", "--output=name")).split("\n").filter(Boolean).length;
  const endOf = async (job: string) => {
    const text = await cloud.getObject(`batch/.jobs/ends/${job}.json`);
    return text === undefined ? undefined : (JSON.parse(text) as { status: string; reason?: string });
  };
  const untilEnd = (job: string) => cloud.until(`the end of ${job} is known`, async () => (await endOf(job)) !== undefined, 300_000);

  describe("the batch controller", () => {
    beforeAll(async () => {
      receiver = await startReceiver(addresses(loadSettings(paths.settings)).host);
      const targets = [{ name: "hook", on: ["complete", "failed", "unfinished"], webhook: { url: receiver.url } }];
      await cloud.up({
        "ovh-mks-batch:controller": { enabled: true, notifications: { targets } },
        // The nodes are to go while nobody looks.
        "ovh-mks-batch:autoscaler": { scaleDownDelaySeconds: 5 },
      });
    });
    afterAll(() => receiver.close());

    it("records a detached Job whose nodes have gone: status, logs, reasons, cost and report are complete", async () => {
      const shell = 'echo "task $TASK at work"; sleep 4; if [ "$TASK" = 3 ]; then echo "ValueError: no such seed $TASK" >&2; exit 7; fi';
      const words = ["--name", "left", "--matrix", `TASK=${tasks.join()}`, "--retries", "0", "--detach", "--shell", shell];
      expect(await cloud.submit(...words)).toMatchObject({ code: 0 });
      await untilEnd("left");
      await cloud.until("the nodes have gone", async () => (await computeNodes()) === 0, 300_000);
      expect(await cloud.podsOf("left")).toEqual([]);
      const { status, tasks: rows } = await cloud.status("left");
      expect(status).toBe("failed");
      expect(rows.map(({ name, status, attempts }) => `${name} ${status} ${attempts}`)).toEqual(
        tasks.map((task) => `TASK=${task} ${task === "3" ? "failed" : "succeeded"} 1`),
      );
      expect(rows[2]?.reason).toBe("ValueError: no such seed 3");
      for (const task of tasks)
        expect((await cloud.batch("logs", "left", "--task", `TASK=${task}`)).stdout).toContain(`task ${task} at work`);
      expect((await cloud.batch("cost", "left")).stdout).toMatch(/^left: .*[\d.]+ node-hours, [\d.]+ EUR$/m);
      expect(await cloud.getObject("batch/left/report.html")).toContain("no such seed 3");
      expect(await endOf("left")).toMatchObject({ status: "failed" });
    });

    it("tells its end once, over a receiver that first refuses", async () => {
      const of = (job: string) => receiver.received.filter(({ message }) => message.job === job);
      await cloud.until("it was sent again", () => of("left").length === 2);
      const [first, second] = of("left");
      expect(first).toEqual(second);
      expect(first?.message).toMatchObject({ status: "failed", counts: { total: 6, succeeded: 5, failed: 1 } });
    });

    it("goes on with a chain without any client: each Job begins when the one before is complete", async () => {
      for (const [name, after] of [["one"], ["two", "one"], ["three", "two"]] as const) {
        const words = ["--name", name, "--matrix", "TASK=1,2", "--detach", ...(after ? ["--after", after] : [])];
        expect(await cloud.submit(...words, "--shell", "sleep 2")).toMatchObject({ code: 0 });
      }
      await untilEnd("three");
      const times = await Promise.all(
        ["one", "two", "three"].map(async (name) => (await cloud.status(name)).tasks as unknown as { start: string; end: string }[]),
      );
      for (const [i, rows] of times.entries()) {
        const before = times[i - 1]?.map(({ end }) => Date.parse(end)) ?? [];
        for (const { start } of rows) expect(Date.parse(start)).toBeGreaterThanOrEqual(Math.max(0, ...before));
      }
    });

    it("killed in the middle: its next pod finishes the Job, and no task runs twice", async () => {
      expect(await leave("orphaned", 12, "--parallelism", "3")).toMatchObject({ code: 0 });
      await cloud.until("three tasks run", () => started("orphaned") >= 3);
      const pod = await controllerPod();
      await operator("delete", pod, "--force", "--grace-period=0");
      await cloud.until("three tasks more have begun", () => started("orphaned") === 6);
      await untilEnd("orphaned");
      expect(await controllerPod()).not.toBe(pod);
      expect(ended("orphaned")).toBe(6);
      expect(expectNoOverlap("orphaned", tasks)).toEqual([]);
      expect((await cloud.status("orphaned")).tasks.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(
        tasks.map(() => "succeeded 1"),
      );
    });

    it("finishes and records what an update has begun that was killed and never comes again", async () => {
      const { pulumi, create, kill, remove } = userProject("abandoned");
      await create();
      const killed = pulumi("up", "--yes");
      await cloud.untilDuring(
        killed,
        "two tasks have ended, and two run",
        () => ended("abandoned") === 2 && started("abandoned") === 4,
        300_000,
      );
      kill();
      expect((await killed).code).not.toBe(0);
      await untilEnd("abandoned");
      remove();
      expect(expectNoOverlap("abandoned", tasks)).toEqual([]);
      const { status, tasks: rows } = await cloud.status("abandoned");
      expect([status, ...rows.map(({ status, attempts }) => `${status} ${attempts}`)]).toEqual([
        "complete",
        ...tasks.map(() => "succeeded 1"),
      ]);
    });

    it("records what a schedule runs", async () => {
      const words = ["--name", "each-minute", "--schedule", "* * * * *", "--shell", "echo ran at its time"];
      expect(await cloud.submit(...words)).toMatchObject({ code: 0 });
      await untilEnd("each-minute");
      expect((await cloud.batch("logs", "each-minute")).stdout).toContain("ran at its time");
      expect(await cloud.batch("cancel", "each-minute")).toMatchObject({ code: 0 });
    });

    it("does nothing that its roles do not grant, and they grant nothing that it does not do", async () => {
      const pod = (await controllerPod()).replace("pod/", "");
      const text = await cloud.kubectl("get", "--raw", `/api/v1/namespaces/batch-operator/pods/${pod}:8080/proxy/metrics`);
      expect(text).not.toMatch(/api_errors_total\{api="kubernetes",code="403"\}/);
      const used = [...text.matchAll(/api_requests_total\{verb="(\w+)",group="([^"]*)",resource="([\w/]+)"\}/g)].map(
        ([, verb, group, resource]) => `${verb} ${group} ${resource}`,
      );
      const granted = [...namespaceRules, ...clusterRules].flatMap(({ apiGroups, resources, verbs }) =>
        (verbs as string[]).flatMap((verb) =>
          (resources as string[]).map((resource) => `${verb} ${(apiGroups as string[])[0]} ${resource}`),
        ),
      );
      for (const one of used) expect(granted).toContain(one);
    });
  });
}
