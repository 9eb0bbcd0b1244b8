import { statfsSync } from "node:fs";
import { parseResources } from "../../../autoscaler/state/resources";
import { diskForPods } from "../../../common/reserved";
import { clusterRules, namespaceRules } from "../../../components/autoscaler/rbac";
import { paths } from "../../../local/lib/paths";
import { addFaults, atZero, desired, eventsOf, namesOf, nodesOf, until, watchSizes } from "./cloud";
import { metrics } from "./replicas";
import { begun, done, placesOf, release, submit } from "./tasks";
import { together } from "./together";

export function normal(): void {
  describe("without faults", () => {
    together({
      "tasks get the nodes that they need and no more, and these go when all are done": async () => {
        const sizes = watchSizes("compute");
        const job = await submit({ pools: ["compute"], tasks: 8 });
        expect(await done(job)).toEqual([]);
        await atZero("compute");
        expect(Math.max(...(await sizes()))).toBe(2);
        expect(await eventsOf("Job", job.name, "batch")).toContain("ScaleUp");
      },

      "idle nodes go by name, and the one with work stays": async () => {
        const job = await submit({ pools: ["named"], tasks: 3, held: 1, cpu: "1000m" });
        await until("all tasks run", () => begun(job) === 3);
        const busy = (await placesOf(job)).get(0);
        await until("the others' nodes are gone", async () => (await nodesOf("named")).length === 1);
        expect(await namesOf("named")).toEqual([busy]);
        expect(await desired("named")).toBe(1);
        release(job);
        expect(await done(job)).toEqual([]);
        await atZero("named");
      },

      "30 tasks come while the last node is being removed": async () => {
        // For so long the node can be looked at.
        await addFaults({ action: "delay", operation: "delete", seconds: 15 });
        const earlier = await submit({ pools: ["last"], tasks: 1, seconds: 1 });
        await until("its task runs", () => begun(earlier) === 1);
        await until("the last node is to go", async () => (await desired("last")) === 0);
        expect(await nodesOf("last")).toHaveLength(1);
        const job = await submit({ pools: ["last"], tasks: 30 });
        expect(await done(job)).toEqual([]);
        await atZero("last");
      },
    });

    it("nodes have their flavor's disk, or the machine's if that is smaller", async () => {
      const [node] = await nodesOf("system");
      const { blocks, bsize } = statfsSync(paths.work);
      const disk = Math.floor(Math.min(100e9, blocks * bsize) / 4096) * 4096;
      expect(parseResources(node!.status?.allocatable)["ephemeral-storage"]).toBe(diskForPods(disk / 1e9));
    });

    it("uses the rights that it has, and needs no others", async () => {
      const text = await metrics();
      const used = [...text.matchAll(/api_requests_total\{verb="(\w+)",group="([^"]*)",resource="([\w/]+)"\}/g)].map((match) =>
        match.slice(1).join(" "),
      );
      const granted = [...clusterRules, ...namespaceRules].flatMap(({ apiGroups, resources, verbs }) =>
        (resources as string[]).flatMap((resource) =>
          (verbs as string[]).map((verb) => `${verb} ${(apiGroups as string[])[0]} ${resource}`),
        ),
      );
      // OVHcloud's own pods are evicted only where they land on a node that goes. And OVHcloud refuses nothing before ovhcloud.ts lets it.
      const unused = ["create  pods/eviction", "patch kube.cloud.ovh.com nodepools/status"];
      expect(granted).toEqual(expect.arrayContaining(unused));
      const needed = (right: string): boolean => !unused.includes(right);
      expect([...new Set(used)].filter(needed).sort()).toEqual(granted.filter(needed).sort());
      expect(text).not.toMatch(/api_errors_total\{api="kubernetes",code="40[13]"\}/);
    });
  });
}
