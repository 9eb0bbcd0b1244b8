import { metricNames, rules } from "../../docs/expressions";
import { eventually, firing, kubectl, prometheus } from "./cloud";

/** Alerts on real metrics. The others are tried on made-up ones: test/components/metrics/alerts.yml. */
export function alerts(): void {
  describe("alerts", () => {
    it("JobFailing is raised by a failing Job, and its end ends it", async () => {
      await kubectl(["apply", "--filename", "-"], { input: JSON.stringify(await failingJob()) });
      const raised = async () => (await firing()).some(({ alertname, namespace }) => alertname === "JobFailing" && namespace === "batch");
      await eventually("JobFailing fires", raised);
      await kubectl(["delete", "job", "broken", "--namespace", "batch"]);
      await eventually("JobFailing ends", async () => !(await raised()));
    });

    it("find every metric that rules and dashboards take from others than the autoscaler, the batch controller, KEDA and Karpenter", async () => {
      const known = await prometheus<string[]>("label/__name__/values");
      const foreign = rules
        .flatMap(({ expr }) => metricNames(expr))
        .filter((name) => !/^(mks_(autoscaler|batch)|keda|karpenter)_|:/.test(name));
      expect(foreign.length).toBeGreaterThan(4);
      expect(known).toEqual(expect.arrayContaining(foreign));
    });
  });
}

async function failingJob(): Promise<object> {
  const image = await kubectl([
    ...["get", "deploy/podinfo", "--namespace", "services"],
    ...["--output", "jsonpath={.spec.template.spec.containers[0].image}"],
  ]);
  const task = {
    name: "task",
    image,
    command: ["false"],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "broken", namespace: "batch" },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", securityContext, containers: [task] } } },
  };
}
