import { watchHpa } from "../../../local/demo/hpa/watch";
import type { Outcome } from "../scenarios/page";
import { eventually, kubectl, minutes, pages } from "./cloud";
import { emptySystemPool, fillSystemPool, followPods, isReady, nodesOf, samplePods, type Service, services } from "./pods";

/** Both samples under load at the same time, by the pages' commands, with a system pool that cannot hold all of their pods. */

const { cpu, requests } = pages;
let watched: Promise<[Outcome, Outcome, Outcome, Outcome]>;
let followed: ReturnType<typeof followPods>;

/** Rows of an HPA, whose columns are the fewest pods, the most and those that there are: more of them for some time, and then the fewest again. */
const upAndDown = / 2 +10 +([3-9]|10) [^]* 2 +10 +2 /;

const untilReplicas = (service: Service, enough: (replicas: number) => boolean, timeout: number): Promise<void> =>
  watchHpa(kubectl, service, ({ replicas }) => enough(replicas), { timeout, onSample: () => undefined });

/** Pods of a Deployment with a lower cost are deleted before those with a higher one, when there are to be fewer. */
const setDeletionCost = (cost: number, pod: string): Promise<string> =>
  kubectl(["--namespace", "services", "annotate", "--overwrite", "pods", pod, `controller.kubernetes.io/pod-deletion-cost=${cost}`]);

export function underLoad(): void {
  describe("services scaled by their CPU and by their requests", () => {
    beforeAll(async () => {
      await fillSystemPool();
      // The load of each comes from the pod of the other that `kubectl exec` chooses: no other outlives it.
      for (const service of services)
        await setDeletionCost(2000, (await kubectl(["--namespace", "services", "exec", `deploy/${service}`, "--", "hostname"])).trim());
    });

    it.each(services)("%s starts at its fewest pods", (service) =>
      watchHpa(kubectl, service, () => true, {
        timeout: minutes(1),
        onSample: (sample) => expect(sample).toMatchObject({ replicas: 2, desired: 2 }),
      }),
    );

    // One load takes little of what the other service is measured by, so that both pages are followed at the same time.
    it("scale up under load, one by its requests and one by its CPU", async () => {
      followed = followPods();
      watched = Promise.all([
        cpu.watch("get hpa podinfo-cpu --watch", upAndDown, minutes(15)),
        requests.watch("get hpa podinfo --watch", upAndDown, minutes(15)),
        cpu.run("-- hey -n 90000"),
        requests.run("-- hey -n 10000"),
      ]);
      // A failure is told by the test that waits for it.
      watched.catch(() => undefined);
      await Promise.all(services.map((service) => untilReplicas(service, (replicas) => replicas >= 4, minutes(5))));
      const events = await kubectl(["get", "events", "--namespace", "services"]);
      expect(events).toMatch(/New size: ([3-9]|10); reason: .* above target/);
    });

    it("get a node of the compute pool for the pods that the system pool has no room for", async () => {
      // On the pool's only node; a pod of podinfo comes there at the latest as its fifth one.
      const added = async (): Promise<string[]> => {
        const [node] = await nodesOf("compute");
        const pods = (await samplePods()).filter(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === "podinfo");
        return pods.filter(({ spec }) => node !== undefined && spec.nodeName === node).map(({ metadata }) => metadata.name);
      };
      const isSpread = async (): Promise<boolean> => {
        const pods = await samplePods();
        return pods.length >= 8 && pods.every(isReady) && (await added()).length > 0;
      };
      await eventually("8 pods are ready", isSpread, minutes(5));
      const [system, compute] = [await nodesOf("system"), await nodesOf("compute")];
      expect([system.length, compute.length]).toEqual([1, 1]);
      expect(new Set((await samplePods()).map(({ spec }) => spec.nodeName))).toEqual(new Set([...system, ...compute]));
      // Its Deployment will keep this one: nothing but its being moved lets the node go.
      await setDeletionCost(2000, (await added())[0]!);
    });
  });
}

export function afterLoad(): void {
  describe("services after the load", () => {
    afterAll(emptySystemPool);

    it("have answered every request, and their pages have shown them scale up and down", async () => {
      const [, , ...loads] = await watched;
      for (const { stdout } of loads) {
        expect(stdout).toMatch(/\[200\]\t\d+ responses/);
        // A row of the distribution of status codes begins so; numbers of the histogram, which may be the same, do not.
        expect(stdout).not.toMatch(/Error distribution|^\s*\[[45]\d\d\]/m);
      }
    });

    it("go back to their fewest pods, never below and never without a ready one; these move to the system pool, and the added node goes away", async () => {
      await Promise.all(services.map((service) => untilReplicas(service, (replicas) => replicas === 2, minutes(10))));
      await eventually("the added node is gone", async () => (await nodesOf("compute")).length === 0, minutes(10));
      await followed.stop();
      for (const service of services) {
        const { fewest, most, fewestReady } = followed.ranges[service];
        expect({ service, fewest }).toEqual({ service, fewest: 2 });
        expect(most).toBeLessThanOrEqual(10);
        expect(fewestReady).toBeGreaterThanOrEqual(1);
      }
      await eventually(
        "4 pods are ready",
        async () => {
          const pods = await samplePods();
          return pods.length === 4 && pods.every(isReady);
        },
        minutes(5),
      );
      const [system] = await nodesOf("system");
      expect((await samplePods()).map(({ spec }) => spec.nodeName)).toEqual([system, system, system, system]);
    });

    it("tell the reason of each decision", async () => {
      const reason = /SuccessfulRescale .*New size: \d+; reason: /;
      expect((await cpu.run("describe hpa")).stdout).toMatch(new RegExp(`${reason.source}cpu resource utilization`));
      expect((await requests.run("describe hpa")).stdout).toMatch(new RegExp(`${reason.source}pods metric http_requests above target`));
      expect([...cpu.unused, ...requests.unused]).toEqual([]);
    });
  });
}
