import { eventually, json, kubectl, minutes, pages } from "./cloud";

const { removal } = pages;
const names = async (...args: string[]): Promise<string[]> => (await kubectl(["get", ...args, "--output", "name"])).trim().split("\n");

/** docs/scenarios/autoscaled-clean-up.md */
export function cleanUp(): void {
  describe("clean-up", () => {
    it("takes the samples away, and keeps the stack", async () => {
      const { stdout } = await removal.run("metrics.samples");
      expect(stdout).toMatch(/^metrics +Active/m);
      expect(stdout).not.toMatch(/^services /m);
      expect(await names("namespaces")).not.toContain("namespace/services");
      await eventually("the nodes' metrics are there", async () => (await kubectl(["top", "nodes"])).includes("system-node-"));
    });

    it("takes all of it away, its APIs and its claim on a volume too", async () => {
      const { stdout } = await removal.run("metrics.enabled");
      expect(stdout).toMatch(/^no metrics APIs$/m);
      expect(await names("namespaces")).not.toContain("namespace/metrics");
      expect((await names("apiservices")).filter((name) => name.includes("metrics.k8s.io"))).toEqual([]);
      const left = await names("clusterroles,clusterrolebindings", "--selector", "app.kubernetes.io/managed-by=ovh-mks-batch");
      expect(left.filter((name) => !/\/ovh-mks-batch-(autoscaler|controller)$/.test(name))).toEqual([]);
      await eventually(
        "its volume is gone",
        async () => (await json<{ items: object[] }>("get", "persistentvolumes")).items.length === 0,
        minutes(2),
      );
      expect(removal.unused).toEqual([]);
    });
  });
}
