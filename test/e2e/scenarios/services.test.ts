/**
 * The scenarios of docs/scenarios that need the metrics stack, and its alerts, on one local cloud that is started once.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { shutdown } from "../../../local/daemon/control";
import { type MetricsCloud, startMetricsCloud } from "../../../local/demo/hpa/cloud";
import { untilMeasured } from "../../../local/demo/hpa/watch";
import { exec } from "../../../local/lib/exec";
import { createProgress } from "../../../local/lib/progress";
import { metricNames, rules } from "../../docs/expressions";
import { type Outcome, Page } from "./page";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const minutes = (count: number): number => count * 60_000;

let cloud: MetricsCloud;
const env = (): NodeJS.ProcessEnv => cloud.env;
const cpu = new Page("autoscaled-cpu", env);
const requests = new Page("autoscaled-requests", env);
const cleanUp = new Page("autoscaled-clean-up", env);

const prometheus = async <T>(path: string): Promise<T> => {
  const proxy = "/api/v1/namespaces/metrics/services/prometheus:9090/proxy/api/v1/";
  return (JSON.parse(await cloud.kubectl(["get", "--raw", proxy + path])) as { data: T }).data;
};
const firing = async (): Promise<{ alertname: string; namespace?: string }[]> => {
  const { result } = await prometheus<{ result: { metric: { alertname: string; namespace?: string } }[] }>(
    `query?query=${encodeURIComponent('ALERTS{alertstate="firing"}')}`,
  );
  return result.map(({ metric }) => metric);
};

/** @param timeout milliseconds */
async function until(what: string, check: () => Promise<boolean>, timeout = minutes(3)): Promise<void> {
  for (const end = Date.now() + timeout; !(await check()); await new Promise((resolve) => setTimeout(resolve, 1_000))) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s`);
  }
}

/** Rows of an HPA, whose columns are the fewest pods, the most and those that there are: more of them for some time, and then the fewest again. */
const upAndDown = / 2 +10 +([3-9]|10) [^]* 2 +10 +2 /;

beforeAll(async () => {
  await shutdown(progress);
  cloud = await startMetricsCloud(progress);
  await Promise.all([untilMeasured(cloud.kubectl, "podinfo"), untilMeasured(cloud.kubectl, "podinfo-cpu")]);
});
afterAll(() => shutdown(progress));

describe("services scaled by their CPU and by their requests", () => {
  let watched: Promise<[Outcome, Outcome, Outcome, Outcome]>;

  it("show what they use", async () => {
    const { stdout } = await cpu.run("kubectl top nodes");
    expect(stdout).toMatch(/^system-node-\w+ +\d+m/m);
    expect(stdout).toMatch(/^podinfo-cpu-\S+ +\d+m +\d+Mi/m);
    expect(stdout).toMatch(/^podinfo-cpu +Deployment\/podinfo-cpu +cpu: \d+%\/80% +2 +10 +2 /m);
  });

  it("have their custom metric listed", async () => {
    const { stdout } = await requests.run("/apis/custom.metrics.k8s.io");
    expect(stdout).toContain('"pods/http_requests"');
    expect(stdout.match(/"name":"podinfo-\w+-\w+"\n"value":"\d+m?"/g)?.length).toBeGreaterThanOrEqual(2);
  });

  // One load takes little of what the other service is measured by, so that both pages are followed at the same time.
  it("are put under load", async () => {
    watched = Promise.all([
      cpu.watch("get hpa podinfo-cpu --watch", upAndDown, minutes(12)),
      requests.watch("get hpa podinfo --watch", upAndDown, minutes(12)),
      cpu.run("-- hey -n 90000"),
      requests.run("-- hey -n 10000"),
    ]);
    // A failure is told by the test that waits for it.
    watched.catch(() => undefined);
    const events = (): Promise<string> => cloud.kubectl(["get", "events", "--namespace", "services"]);
    await until("the first scale-up", async () => /New size: ([3-9]|10); reason: .* above target/.test(await events()));
  });

  it("meanwhile, a failing Job raises the alert JobFailing, and its end ends it", async () => {
    const image = await cloud.kubectl([
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
    const job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "broken", namespace: "batch" },
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", securityContext, containers: [task] } } },
    };
    await exec("kubectl", ["apply", "-f", "-"], { env: env(), input: JSON.stringify(job), timeout: 60_000 });
    const raised = async () => (await firing()).some(({ alertname, namespace }) => alertname === "JobFailing" && namespace === "batch");
    await until("JobFailing fires", raised);
    await cloud.kubectl(["delete", "job", "broken", "--namespace", "batch"]);
    await until("JobFailing ends", async () => !(await raised()));
  });

  it("give Prometheus every metric that rules and dashboards take from others than the autoscaler", async () => {
    const known = await prometheus<string[]>("label/__name__/values");
    const foreign = rules.flatMap(({ expr }) => metricNames(expr)).filter((name) => !/^mks_autoscaler_|:/.test(name));
    expect(foreign.length).toBeGreaterThan(4);
    expect(known).toEqual(expect.arrayContaining(foreign));
  });

  it("get more pods under load, every request is answered, and the pods go again", async () => {
    const [, , ...loads] = await watched;
    for (const { stdout } of loads) {
      expect(stdout).toMatch(/\[200\]\t\d+ responses/);
      expect(stdout).not.toMatch(/Error distribution|\[[45]\d\d\]/);
    }
  });

  it("tell the reason of each decision", async () => {
    const reason = /SuccessfulRescale .*New size: \d+; reason: /;
    expect((await cpu.run("describe hpa")).stdout).toMatch(new RegExp(`${reason.source}cpu resource utilization`));
    expect((await requests.run("describe hpa")).stdout).toMatch(new RegExp(`${reason.source}pods metric http_requests above target`));
    expect([...cpu.unused, ...requests.unused]).toEqual([]);
  });
});

describe("clean-up", () => {
  it("takes the samples away, and keeps the stack", async () => {
    const { stdout } = await cleanUp.run("metrics.samples");
    expect(stdout).toMatch(/^metrics +Active/m);
    expect(stdout).not.toMatch(/^services /m);
    expect(await cloud.kubectl(["top", "nodes"])).toContain("system-node-");
  });

  it("takes all of it away, its APIs too", async () => {
    const { stdout } = await cleanUp.run("metrics.enabled");
    expect(stdout).toMatch(/^no metrics APIs$/m);
    expect(await cloud.kubectl(["get", "namespaces"])).not.toMatch(/^metrics /m);
    expect(cleanUp.unused).toEqual([]);
  });
});
