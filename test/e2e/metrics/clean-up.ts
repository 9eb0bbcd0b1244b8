import { deploy, kubectl } from "./cloud";

/** docs/scenarios/autoscaled-clean-up.md */
export function cleanUp(): void {
  describe("clean-up", () => {
    const names = async (...args: string[]): Promise<string[]> => (await kubectl(["get", ...args, "--output", "name"])).trim().split("\n");

    it("takes the samples away, and keeps the stack", async () => {
      await deploy({ enabled: true, metricsServer: "install", samples: false });
      expect(await names("namespaces")).not.toContain("namespace/services");
      expect(await kubectl(["top", "nodes"])).toContain("system-node-");
    });

    it("takes all of it away, its APIs too", async () => {
      await deploy({ enabled: false });
      expect(await names("namespaces")).not.toContain("namespace/metrics");
      expect((await names("apiservices")).filter((name) => name.includes("metrics.k8s.io"))).toEqual([]);
      const left = await names("clusterroles,clusterrolebindings", "--selector", "app.kubernetes.io/managed-by=ovh-mks-batch");
      expect(left.filter((name) => !name.endsWith("/ovh-mks-batch-autoscaler"))).toEqual([]);
    });
  });
}
