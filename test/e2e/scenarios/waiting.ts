import { rmSync } from "node:fs";
import { join } from "node:path";
import * as cloud from "./cloud";

/** Why a task waits, or failed, is told; and what cannot heal ends its Job. */
export function waiting(): void {
  /** A claim whose volume is a folder of this machine, there or not. */
  async function claim(name: string, path: string): Promise<void> {
    const spec = { accessModes: ["ReadWriteMany"], storageClassName: "" };
    await cloud.kubectlApply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { ...spec, capacity: { storage: "1Gi" }, claimRef: { namespace: "batch", name }, hostPath: { path, type: "Directory" } },
    });
    await cloud.kubectlApply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace: "batch" },
      spec: { ...spec, resources: { requests: { storage: "1Gi" } } },
    });
  }

  describe("a Job that waits, or fails", () => {
    const mounted = (name: string, ...more: string[]) =>
      cloud.submit("--name", name, "--volume", `${name}:/data`, "--start-deadline-seconds", "15", ...more);
    const unmounted = /the pods cannot start \(FailedMount, 1 pod\): .*is not a directory/;

    it("by a volume that cannot be mounted: it says why, ends, and leaves no pods; what ran before is kept", async () => {
      const folder = cloud.volumeFolder("vanishing");
      await Promise.all([claim("unmountable", "/no/such/folder"), claim("vanishing", folder)]);
      const never = mounted("unmountable", "--", "ls", "/data");
      const half = mounted("vanishing", ...["--parallelism", "1", "--task", "N=1", "--task", "N=2", "--retries", "0", "--", "sleep", "30"]);
      const runs = async () => (await cloud.podsOf("vanishing")).some(({ phase }) => phase === "Running");
      await cloud.untilDuring(half, "the first task runs", runs, 180_000);
      rmSync(join(folder), { recursive: true });
      for (const { code, output } of await Promise.all([never, half])) {
        expect(output).toMatch(/1 pod waits to start: FailedMount: .*is not a directory/);
        expect(output).toMatch(unmounted);
        expect(code).toBe(1);
      }
      expect((await cloud.status("vanishing")).tasks.map(({ status }) => status)).toEqual(["succeeded", "unfinished"]);
      expect([...(await cloud.podsOf("unmountable")), ...(await cloud.podsOf("vanishing"))]).toEqual([]);
    });

    it("for Kubernetes' reasons: they come before the program's words, and a kill that is no lack of memory keeps its retries", async () => {
      const say = "i=0; while :; do i=$((i+1)); echo epoch $i; sleep 1; done";
      const lines = "printf 'seed 5 step 11\\nseed 5 step 12\\n'";
      const many = `head -c 5000 /dev/zero | tr '\\0' x | sed 's/^/{"outputs": [{"key": "/; s/$/", "bytes": 1}]}/' > /dev/termination-log`;
      const commands: Record<string, string[]> = {
        late: ["--task-deadline-seconds", "5", "--retries", "0", "--", "sh", "-c", say],
        // The kubelet measures a pod's volumes every one to two minutes.
        full: [
          "--ephemeral-storage",
          "20Mi",
          "--retries",
          "0",
          "--",
          "sh",
          "-c",
          "echo writing; head -c 100000000 /dev/zero > /tmp/x; sleep 300",
        ],
        kill: ["--out-of-memory", "2:256Mi", "--retries", "1", "--", "sh", "-c", "exit 137"],
        silent: ["--retries", "0", "--", "sh", "-c", `${lines}; exit 3`],
        shouting: ["--retries", "0", "--", "sh", "-c", `${lines}; ls /no/such/file`],
        many: ["--", "sh", "-c", many],
      };
      await Promise.all(Object.entries(commands).map(([name, words]) => cloud.submit("--name", `why-${name}`, ...words)));
      const task = async (name: string) => (await cloud.status(`why-${name}`)).tasks[0];
      expect(await task("late")).toMatchObject({ reason: expect.stringMatching(/^DeadlineExceeded: /) as string });
      expect(await task("full")).toMatchObject({ reason: expect.stringMatching(/^Evicted: .*exceeds/) as string });
      expect(await task("kill")).toMatchObject({ attempts: 2, reason: "exit status 137 (killed, SIGKILL)", memory: "64Mi" });
      expect(await task("silent")).toMatchObject({ reason: "exit status 3" });
      expect(await task("shouting")).toMatchObject({ reason: expect.stringMatching(/^ls: .*No such file or directory$/) as string });
      expect(await task("many")).toMatchObject({
        status: "succeeded",
        note: expect.stringContaining("outputs not read: more than 4,096 bytes") as string,
      });
    });
  });
}
