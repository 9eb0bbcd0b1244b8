/** The metrics stack and its samples on the local cloud: what they answer, and that services scale with their load. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { untilMeasured } from "../../local/demo/hpa/watch";
import type { ExecError } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { cleanUp } from "./metrics/clean-up";
import { deploy, eventually, json, kubectl, minutes, raw, start, stop } from "./metrics/cloud";
import { scaling } from "./metrics/scaling";

const query = async (text: string) => {
  const path = `/api/v1/namespaces/metrics/services/prometheus:9090/proxy/api/v1/query?query=${encodeURIComponent(text)}`;
  return (await raw<{ data: { result: { metric: Record<string, string>; value: [number, string] }[] } }>(path)).data.result;
};

beforeAll(async () => {
  await start();
  await Promise.all([untilMeasured(kubectl, "podinfo"), untilMeasured(kubectl, "podinfo-cpu")]);
});
afterAll(stop);

describe("the resource metrics API", () => {
  it("answers kubectl top nodes and kubectl top pods", async () => {
    expect(await kubectl(["top", "nodes"])).toMatch(/^system-node-\S+ +\d+m +\d+% +\d+Mi +\d+%/m);
    expect(await kubectl(["top", "pods", "--namespace", "services"])).toMatch(/^podinfo-cpu-\S+ +\d+m +[1-9]\d*Mi/m);
  });

  it("comes from kubelets whose certificates are verified", async () => {
    expect(await kubectl(["--namespace", "metrics", "get", "deployment", "metrics-server", "--output", "yaml"])).not.toContain("insecure");
    const { items } = await raw<{ items: unknown[] }>("/apis/metrics.k8s.io/v1beta1/nodes");
    expect(items.length).toBeGreaterThan(0);
  });
});

describe("the custom metrics API", () => {
  it("lists http_requests", async () => {
    const { resources } = await raw<{ resources: { name: string }[] }>("/apis/custom.metrics.k8s.io/v1beta1");
    expect(resources.map(({ name }) => name)).toContain("pods/http_requests");
  });

  it("knows it of every pod of the samples, once Prometheus has scraped it twice", async () => {
    const path = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/services/pods/*/http_requests";
    const known = async (): Promise<string[]> => {
      const { items } = await raw<{ items: { describedObject: { name: string } }[] }>(path);
      return items.map(({ describedObject }) => describedObject.name).sort();
    };
    const { items } = await json<{ items: { metadata: { name: string } }[] }>("--namespace", "services", "get", "pods");
    const pods = items.map(({ metadata }) => metadata.name).sort();
    await eventually(async () => JSON.stringify(await known()) === JSON.stringify(pods), minutes(2));
    expect(pods).toHaveLength(4);
  });
});

describe("the aggregated APIs", () => {
  it.each(["v1beta1.metrics.k8s.io", "v1beta1.custom.metrics.k8s.io"])(
    "%s is called with a certificate of its own authority",
    async (name) => {
      interface ApiService {
        readonly spec: { readonly caBundle: string; readonly insecureSkipTLSVerify?: boolean; readonly service: { readonly name: string } };
        readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
      }
      const { spec, status } = await json<ApiService>("get", "apiservice", name);
      expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Available", status: "True" }));
      expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
      const { data } = await json<{ data: Record<string, string> }>("--namespace", "metrics", "get", "secret", `${spec.service.name}-tls`);
      const served = new X509Certificate(Buffer.from(data["tls.crt"]!, "base64"));
      const authority = new X509Certificate(Buffer.from(spec.caBundle, "base64"));
      expect(served.verify(authority.publicKey)).toBe(true);
      expect(served.subjectAltName).toBe(`DNS:${spec.service.name}.metrics.svc`);
    },
  );

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
      await eventually(async () => /ServiceUnavailable/.test(await answer()), minutes(1));
    } finally {
      await patch(own);
    }
    await eventually(async () => (await answer()).includes("http_requests"), minutes(1));
  });
});

describe("Prometheus", () => {
  it("has a configuration and rules that promtool accepts", async () => {
    const check = ["exec", "deploy/prometheus", "--", "promtool", "check", "config", "/etc/prometheus/prometheus.yml"];
    expect(await kubectl(["--namespace", "metrics", ...check])).toMatch(/rules\.yml\n *SUCCESS: \d+ rules found/);
  });

  it("scrapes pods, nodes, containers and the autoscaler", async () => {
    const up = await query("up");
    const jobs = new Set(up.map(({ metric }) => metric.job));
    expect([...jobs].sort()).toEqual(["autoscaler", "cadvisor", "nodes", "pods", "prometheus"]);
    expect(up.filter(({ value }) => value[1] !== "1")).toEqual([]);
  });

  it("evaluates every rule without a fault", async () => {
    interface Groups {
      readonly data: {
        readonly groups: { readonly rules: { readonly name: string; readonly health: string; readonly lastError?: string }[] }[];
      };
    }
    const { data } = await raw<Groups>("/api/v1/namespaces/metrics/services/prometheus:9090/proxy/api/v1/rules");
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
  });

  it("knows each namespace's CPU and memory, and counts them once", async () => {
    for (const name of ["namespace:container_cpu_usage:rate5m", "namespace:container_memory_working_set:bytes"]) {
      const namespaces = (await query(name)).map(({ metric }) => metric.namespace);
      expect(namespaces).toEqual(expect.arrayContaining(["metrics", "services"]));
    }
    expect((await query("count by (job) (container_cpu_usage_seconds_total)")).map(({ metric }) => metric.job)).toEqual(["nodes"]);
  });

  it("can run every query of the dashboard", async () => {
    const file = join(paths.root, "docs", "grafana", "batches-and-services.json");
    const { panels } = JSON.parse(readFileSync(file, "utf8")) as { panels: { targets: { expr: string }[] }[] };
    for (const { expr } of panels.flatMap(({ targets }) => targets)) await expect(query(expr)).resolves.toBeInstanceOf(Array);
  });

  it("raises no alert where nothing is wrong", async () => {
    expect((await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric.alertname)).toEqual([]);
  });
});

scaling();

describe("a second metrics-server", () => {
  it("is refused, and so is taking the only one away", async () => {
    await expect(deploy({ enabled: true, metricsServer: "existing" })).rejects.toThrow(
      /metrics\.metricsServer \(existing\) must stay install/,
    );
    expect(await kubectl(["top", "nodes"])).toContain("system-node-");
  });
});

cleanUp();
