import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callProject } from "../../../local/daemon/project";
import { paths } from "../../../local/lib/paths";
import { readIdentity, signal } from "../../../local/lib/proc";
import * as cloud from "./cloud";
import { ended, expectNoOverlap, lives, marking, started } from "./marks";
import type { Outcome } from "./page";
import { findDescendant } from "./processes";
import { startProxy } from "./proxy";

const tasks = ["1", "2", "3", "4", "5", "6"];

/** What happens to a Job on its way, by the command line; on the volume `ntuples`. */
export function interruptions(): void {
  /** Submits six tasks that mark their lives on the volume. */
  const submit = (job: string, seconds: number, ...more: string[]): Promise<Outcome> => {
    cloud.volumeFolder(job);
    const words = ["--name", job, "--volume", "ntuples-claim:/ntuples", "--matrix", `TASK=${tasks.join()}`, "--retries", "0"];
    return cloud.submit(...words, ...more, "--shell", marking(job, seconds));
  };

  describe("a Job that is interrupted", () => {
    it("the API server away for a while: the command waits, and nothing runs twice", async () => {
      const submitted = submit("away", 12);
      await cloud.untilDuring(submitted, "tasks run", () => started("away") === 6);
      const server = join(paths.work, "sandbox", "processes", "kube-apiserver");
      const end = Date.now() + 12_000;
      while (Date.now() < end) {
        signal(readIdentity(server), "SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const { code, output } = await submitted;
      expect(output).toMatch(/the API server does not answer/);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(expectNoOverlap("away", tasks)).toEqual([]);
    });

    it("the API server hangs while the tasks end, and all connections to it stay dead: the command goes on over new ones", async () => {
      const proxy = await startProxy(cloud.outputs.kubeconfig);
      const file = join(paths.work, "hanging.kubeconfig");
      writeFileSync(file, proxy.kubeconfig, { mode: 0o600 });
      try {
        const submitted = submit("hanging", 20, "--kubeconfig", file);
        await cloud.untilDuring(submitted, "tasks run", () => started("hanging") === 6);
        proxy.hang();
        const { accepted } = proxy;
        await new Promise((resolve) => setTimeout(resolve, 40_000));
        proxy.goOn();
        const { code, output } = await submitted;
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(proxy.accepted).toBeGreaterThan(accepted);
      } finally {
        await proxy.close();
        rmSync(file);
      }
      expect(expectNoOverlap("hanging", tasks)).toEqual([]);
      const { status, tasks: rows } = await cloud.status("hanging");
      expect(status).toBe("complete");
      expect(rows.map(({ attempts, logKey }) => ({ attempts, log: logKey !== undefined }))).toEqual(
        tasks.map(() => ({ attempts: 1, log: true })),
      );
    });

    it("a node lost: its tasks run again on another one, although no retries are allowed", async () => {
      const submitted = submit("lost", 25, "--cpu", "400m");
      await cloud.untilDuring(submitted, "all tasks run", () => started("lost") === 6);
      const [{ node } = { node: "" }] = await cloud.podsOf("lost");
      const [cluster] = await callProject<string[]>("GET", "/kube");
      const nodes = await callProject<{ id: string; name: string }[]>("GET", `/kube/${cluster}/node`);
      await callProject("DELETE", `/kube/${cluster}/node/${nodes.find(({ name }) => name === node)!.id}`);
      const { code, output } = await submitted;
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(expectNoOverlap("lost", tasks).length).toBeGreaterThan(0);
      const again = (await cloud.status("lost")).tasks.filter(({ attempts }) => attempts > 1);
      expect(again.length).toBeGreaterThan(0);
      expect(again.length).toBeLessThan(6);
      for (const row of again) expect(row.node).not.toBe(node);
    });

    it("the waiting command killed: the same command again takes over what runs", async () => {
      const killed = submit("taken-over", 24);
      await cloud.untilDuring(killed, "tasks run", () => started("taken-over") === 6);
      process.kill(
        findDescendant(
          ([program, script, ...words]) => /node$/.test(program!) && /bin\.cjs$/.test(script!) && words.includes("taken-over"),
        ),
        "SIGKILL",
      );
      expect((await killed).code).not.toBe(0);
      const { code, output } = await submit("taken-over", 24);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toMatch(/is at work: waiting for its 6 tasks/);
      expect(expectNoOverlap("taken-over", tasks)).toEqual([]);
    });

    it("deleted by somebody before its end: reported, and the next run does the rest", async () => {
      const submitted = submit("deleted", 24, "--parallelism", "2");
      await cloud.untilDuring(submitted, "two tasks have ended, and two run", () => ended("deleted") === 2 && started("deleted") === 4);
      const done = Object.entries(lives("deleted")).flatMap(([task, [life]]) => (life?.ended ? [task] : []));
      await cloud.untilDuring(submitted, "they are recorded", async () => (await cloud.objectKeys("batch/deleted/records/")).length >= 2);
      await cloud.kubectl("delete", "jobs", "--selector=batch.ovh-mks/job=deleted");
      const { code, output } = await submitted;
      expect(code).toBe(1);
      expect(output).toMatch(/Job deleted-\w+ was deleted before its end/);
      expect(await cloud.status("deleted")).toMatchObject({ status: "unfinished" });
      const again = await submit("deleted", 24, "--parallelism", "4");
      expect(again.output).toMatch(/6 tasks: 4 to run .*2 done before/);
      expect(again.code).toBe(0);
      // Pods of the deleted Job may take half a minute to end: their tasks must wait for them.
      const twice = expectNoOverlap("deleted", tasks);
      for (const task of done) expect(twice).not.toContain(task);
    });

    it("gone by its time to live: its records stay, and nothing runs again", async () => {
      expect((await submit("short-lived", 1, "--ttl-seconds", "0")).code).toBe(0);
      const gone = async () => (await cloud.kubectl("get", "jobs", "--selector=batch.ovh-mks/job=short-lived", "--output=name")) === "";
      await cloud.until("the Job is gone", gone);
      const { code, stdout } = await submit("short-lived", 1, "--ttl-seconds", "0");
      expect(code).toBe(0);
      expect(stdout).toMatch(/complete; 6 of 6 tasks succeeded, 6 done before/);
      expect(await gone()).toBe(true);
      expect(expectNoOverlap("short-lived", tasks)).toEqual([]);
    });
  });
}
