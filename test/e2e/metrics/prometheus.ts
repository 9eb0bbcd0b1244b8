import { dashboards, expressionsOf } from "../../docs/expressions";
import { eventually, firing, kubectl, prometheus, query } from "./cloud";

/** Prometheus, its rules and what the dashboards ask of it. */
export function prometheusAnswers(): void {
  describe("Prometheus", () => {
    it("has a configuration and rules that promtool accepts", async () => {
      const check = ["exec", "deploy/prometheus", "--", "promtool", "check", "config", "/etc/prometheus/prometheus.yml"];
      expect(await kubectl(["--namespace", "metrics", ...check])).toMatch(/rules\.yml\n *SUCCESS: \d+ rules found/);
    });

    it("scrapes pods, nodes, containers, the autoscaler and the batch controller", async () => {
      const jobs = ["autoscaler", "batch-controller", "cadvisor", "nodes", "pods", "prometheus"];
      const known = async () => [...new Set((await query("up")).map(({ metric }) => metric.job!))].sort();
      await eventually("all are known", async () => (await known()).length >= jobs.length);
      expect(await known()).toEqual(jobs);
      // A busy machine's kubelet may miss one scrape.
      await eventually("all are up", async () => (await query("up")).every(({ value }) => value[1] === "1"));
    });

    it("evaluates every rule without a fault", async () => {
      const { groups } = await prometheus<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>("rules");
      const rules = groups.flatMap((group) => group.rules);
      expect(rules.length).toBeGreaterThan(5);
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    });

    it("knows each namespace's CPU and memory, and counts them once", async () => {
      for (const name of ["namespace:container_cpu_usage:rate5m", "namespace:container_memory_working_set:bytes"]) {
        const are = async () => {
          const namespaces = (await query(name)).map(({ metric }) => metric.namespace);
          return namespaces.includes("metrics") && namespaces.includes("services");
        };
        await eventually(`${name} knows them`, are);
      }
      const once = async () => (await query("count by (job) (container_cpu_usage_seconds_total)")).map(({ metric }) => metric.job);
      // Nothing is known of a target whose last scrape was missed.
      await eventually("containers are known", async () => (await once()).length > 0);
      expect(await once()).toEqual(["nodes"]);
    });

    it("can run every query of the dashboard", async () => {
      const { dashboard } = dashboards.find(({ name }) => name === "batches-and-services.json")!;
      for (const expr of expressionsOf(dashboard)) await expect(query(expr)).resolves.toBeInstanceOf(Array);
    });

    it("raises no alert where nothing is wrong", async () => {
      expect((await firing()).map(({ alertname }) => alertname)).toEqual([]);
    });
  });
}
