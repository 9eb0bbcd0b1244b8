import type { ExecError } from "../../../local/lib/exec";
import { deploy, eventually, json, kubectl, minutes } from "./cloud";

/** What must not work. It comes after the renewal: Pulumi does not take back from others what they have changed. */
export function authorities(): void {
  describe("the aggregated APIs", () => {
    it("are not called where another authority is given", async () => {
      const [metrics, custom] = ["v1beta1.metrics.k8s.io", "v1beta1.custom.metrics.k8s.io"] as const;
      const authorityOf = async (name: string) => (await json<{ spec: { caBundle: string } }>("get", "apiservice", name)).spec.caBundle;
      const patch = (caBundle: string) =>
        kubectl(["patch", "apiservice", custom, "--type=merge", "--patch", JSON.stringify({ spec: { caBundle } })]);
      // The condition Available tells nothing of it: Kubernetes' own probe does not verify certificates.
      const answer = () => kubectl(["get", "--raw", "/apis/custom.metrics.k8s.io/v1beta1"]).catch((error: ExecError) => error.stderr);
      const own = await authorityOf(custom);
      try {
        await patch(await authorityOf(metrics));
        await eventually("it is refused", async () => /ServiceUnavailable/.test(await answer()), minutes(3));
      } finally {
        await patch(own);
      }
      await eventually("it answers again", async () => (await answer()).includes("http_requests"), minutes(3));
    });
  });

  describe("a second metrics-server", () => {
    it("is refused, and so is taking the only one away", async () => {
      await expect(deploy({ enabled: true, metricsServer: "existing" })).rejects.toThrow(
        /metrics\.metricsServer \(existing\) must stay install/,
      );
      await eventually("its metrics are there", async () => (await kubectl(["top", "nodes"])).includes("system-node-"));
    });
  });
}
