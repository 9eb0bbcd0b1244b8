import { eventually, json, kubectl, minutes, pages, raw } from "./cloud";

/** What is answered while nothing happens: the first commands of the pages. */
export function apis(): void {
  describe("the resource metrics API", () => {
    it("answers kubectl top nodes and kubectl top pods, and the HPA", async () => {
      const { stdout } = await pages.cpu.run("kubectl top nodes");
      expect(stdout).toMatch(/^system-node-\S+ +\d+m +\d+% +\d+Mi +\d+%/m);
      expect(stdout).toMatch(/^podinfo-cpu-\S+ +\d+m +[1-9]\d*Mi/m);
      expect(stdout).toMatch(/^podinfo-cpu +Deployment\/podinfo-cpu +cpu: \d+%\/80% +2 +10 +2 /m);
    });

    it("comes from kubelets whose certificates are verified", async () => {
      expect(await kubectl(["--namespace", "metrics", "get", "deployment", "metrics-server", "--output", "yaml"])).not.toContain(
        "insecure",
      );
      const { items } = await raw<{ items: unknown[] }>("/apis/metrics.k8s.io/v1beta1/nodes");
      expect(items.length).toBeGreaterThan(0);
    });
  });

  describe("the custom metrics API", () => {
    it("knows http_requests of every pod of the samples, once Prometheus has scraped it twice", async () => {
      const path = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/services/pods/*/http_requests";
      const known = async (): Promise<string[]> => {
        const { items } = await raw<{ items: { describedObject: { name: string } }[] }>(path);
        return items.map(({ describedObject }) => describedObject.name).sort();
      };
      const { items } = await json<{ items: { metadata: { name: string } }[] }>("--namespace", "services", "get", "pods");
      const pods = items.map(({ metadata }) => metadata.name).sort();
      await eventually("it knows every pod", async () => JSON.stringify(await known()) === JSON.stringify(pods), minutes(2));
      expect(pods).toHaveLength(4);
    });

    it("lists it", async () => {
      const { stdout } = await pages.requests.run("/apis/custom.metrics.k8s.io");
      expect(stdout).toContain('"pods/http_requests"');
      expect(stdout.match(/"name":"podinfo-\w+-\w+"\n"value":"\d+m?"/g)?.length).toBeGreaterThanOrEqual(2);
    });
  });
}
