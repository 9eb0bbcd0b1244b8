import { execFileSync } from "node:child_process";
import { type ApiService, createMetricsApiProvider } from "../../../components/metrics/metrics-api/metrics-api-provider";
import { providerText } from "../../../components/pulumi/provider-text";

const service = { name: "metrics-server", namespace: "kube-system" };
const foreign: ApiService = { metadata: { labels: { "k8s-app": "metrics-server" } }, spec: { service } };
const ours: ApiService = { metadata: { labels: { "app.kubernetes.io/managed-by": "ovh-mks-batch" } }, spec: { service } };

type Mode = "existing" | "install";
const inputs = (metricsServer: Mode) => ({ kubeconfig: "the kubeconfig", metricsServer });
const provider = (found: ApiService | undefined) => createMetricsApiProvider(() => Promise.resolve(found));

describe("MetricsApi", () => {
  it.each<[string, Mode, ApiService | undefined]>([
    ["installs one where there is none", "install", undefined],
    ["goes on with the one that it has installed", "install", ours],
    ["leaves the cluster's own alone", "existing", foreign],
  ])("%s", async (_what, mode, found) => {
    expect(await provider(found).create(inputs(mode))).toEqual({ id: "metrics.k8s.io", outs: inputs(mode) });
    expect(await provider(found).update!("id", inputs("existing"), inputs(mode))).toEqual({ outs: inputs(mode) });
  });

  it.each<[string, Mode, ApiService | undefined, string]>([
    [
      "a second one",
      "install",
      foreign,
      "(install) must be existing: the cluster has a metrics-server already, kube-system/metrics-server",
    ],
    ["none at all", "existing", undefined, "(existing) must be install: the cluster has no metrics-server"],
    ["to take the only one away", "existing", ours, "(existing) must stay install: the cluster's only metrics-server"],
  ])("refuses %s, and says what to set", async (_what, mode, found, message) => {
    await expect(provider(found).create(inputs(mode))).rejects.toThrow(`metrics.metricsServer ${message}`);
    await expect(provider(found).update!("id", inputs(mode), inputs(mode))).rejects.toThrow(message);
  });

  it("asks the cluster again when the setting changes, and only then", async () => {
    const { diff } = provider(ours);
    expect(await diff!("id", inputs("install"), { ...inputs("install"), kubeconfig: "a new one" })).toEqual({ changes: false });
    expect(await diff!("id", inputs("install"), inputs("existing"))).toEqual({ changes: true });
  });
});

describe("the providers' text", () => {
  it.each([
    ["certificate", providerText("metrics", "certificate")],
    ["metricsApi", providerText("metrics", "metricsApi")],
    ["presence", providerText("keda", "presence")],
    ["scaledResources", providerText("keda", "scaledResources")],
  ])("%s is loaded by it, in plain Node.js from the checkout's folder", (_name, text) => {
    const script = `${text}; console.log(typeof exports.handler().create)`;
    expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toBe("function\n");
  });
});
