/**
 * Karpenter in a region of three zones, with simulated nodes: the pages of docs/scenarios/karpenter-*.md on zones, flavors, anti-affinity, drift and
 * troubleshooting, and a node that is installed anew. Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { shutdown, startDaemon } from "../../local/daemon/control";
import { localEnvironment } from "../../local/environment";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { loadSettings } from "../../local/lib/settings";
import { deploy } from "../../local/pulumi/deploy";
import { localOverrides } from "../../local/pulumi/overrides";
import { flavorLabel, karpenterObjects, type Named, zoneLabel } from "./karpenter-objects";
import { keepSettings } from "./kept-settings";
import { Page } from "./scenarios/page";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();

let env: Awaited<ReturnType<typeof localEnvironment>>;
const zones = new Page("karpenter-zones", () => env);
const flavors = new Page("karpenter-flavors", () => env);
const antiAffinity = new Page("karpenter-anti-affinity", () => env);
const drift = new Page("karpenter-drift", () => env);
const troubleshooting = new Page("karpenter-troubleshooting", () => env);
const { kubectl, listed, claims, ofClaims, pools } = karpenterObjects(() => env);

beforeAll(async () => {
  await shutdown(progress);
  const settings = loadSettings(paths.settings, { karpenter: "on", region: "EU-WEST-PAR", realNodes: 1, kwokNodes: 20 });
  await startDaemon(progress, settings);
  env = await localEnvironment(progress);
  await deploy(env, localOverrides(settings), progress);
});
afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

test("pods that must be spread get nodes in each zone, and those that select one get it there", async () => {
  await zones.run("--replicas=6");
  const three = ["eu-west-par-a", "eu-west-par-b", "eu-west-par-c"];
  // Pods that Karpenter sees more than a second apart on a busy machine get nodes of their own, which may still be on their way.
  await until("each node has its zone", async () => (await ofClaims(zoneLabel)).every((zone) => zone !== undefined));
  expect(new Set(await ofClaims(zoneLabel))).toEqual(new Set(three));
  const { stdout } = await zones.run("kubectl get nodes");
  for (const zone of three) expect(stdout).toMatch(new RegExp(`^karpenter-b3-\\d+-${zone}`, "m"));
  await zones.run("nodeSelector");
  expect(new Set(await ofClaims(zoneLabel))).toEqual(new Set([three[1]]));
  await zones.run("kubectl --namespace inflate delete");
  expect(zones.unused).toEqual([]);
});

test("workloads of different shapes get the cheapest flavor of several families that holds them", async () => {
  await flavors.run("kubectl apply");
  const { stdout } = await flavors.run("kubectl get nodeclaims");
  for (const flavor of ["c3-4", "c3-16", "r3-32"]) expect(stdout).toContain(` ${flavor} `);
  expect(await ofClaims(flavorLabel)).toEqual(["c3-16", "c3-4", "r3-32"]);
  await flavors.run("--for=delete");
  expect(flavors.unused).toEqual([]);
});

test("the sixth node with anti-affinity opens another pool", async () => {
  await antiAffinity.run("kubectl apply");
  expect(await claims()).toHaveLength(6);
  const { stdout } = await antiAffinity.run("ANTI-AFFINITY");
  const sizes = [...stdout.matchAll(/^karpenter-b3-8-eu-west-par-a-\S+ +(\d) +true$/gm)].map(([, size]) => Number(size));
  expect(sizes.sort()).toEqual([1, 5]);
  await antiAffinity.run("kubectl delete namespace");
  expect(antiAffinity.unused).toEqual([]);
});

test("a changed node pool, and a changed class, replace the node", async () => {
  await drift.run("kubectl apply");
  const { stdout } = await drift.run("nodepools.karpenter.sh/batch");
  expect(stdout).toContain("Drifted");
  expect(await ofClaims("team")).toEqual(["research"]);
  expect((await drift.run("ovhnodeclasses/batch")).stdout).toContain("NodeClassDrifted");
});

test("a node that was installed anew takes pods again", async () => {
  const [claim] = await claims();
  const nodes = (): Promise<(Named & { spec: { taints?: { key: string }[] } })[]> => listed("nodes");
  const name = (await nodes()).find(({ metadata }) => metadata.labels?.["karpenter.sh/nodepool"] === "batch")!.metadata.name;
  // Without Karpenter's finalizer the Node is gone at once, and the local cloud makes it anew from its pool's template.
  await kubectl(["patch", "node", name, "--type=merge", "--patch", '{"metadata":{"finalizers":null}}']);
  await kubectl(["delete", "node", name]);
  await until("the node is registered and initialized again", async () => {
    const node = (await nodes()).find(({ metadata }) => metadata.name === name);
    const labels = node?.metadata.labels;
    return labels?.["karpenter.sh/initialized"] === "true" && !node?.spec.taints?.some(({ key }) => key === "karpenter.sh/unregistered");
  });
  expect(await claims()).toEqual([
    expect.objectContaining({ metadata: expect.objectContaining({ name: claim?.metadata.name }) as object }),
  ]);
  await kubectl(["--namespace", "inflate", "rollout", "status", "deploy/inflate", "--timeout=180s"], { timeout: 210_000 });
  await drift.run("--replicas=0");
  expect(drift.unused).toEqual([]);
});

test("what is wrong is told where the page looks", async () => {
  await troubleshooting.run("describe ovhnodeclasses");
  await troubleshooting.run("involvedObject.kind=NodeClaim");
  await troubleshooting.run("FailedScheduling");
  const { stdout } = await troubleshooting.run("proxy/metrics");
  for (const name of ["karpenter_scheduler_unschedulable_pods_count", "karpenter_ovhcloud_nodes"]) expect(stdout).toContain(name);
  expect(troubleshooting.unused).toEqual([]);
  expect(await claims()).toEqual([]);
  await until("no node is left in Karpenter's pools", async () => {
    const left = await listed<Named & { status?: { currentNodes?: number } }>("nodepools.kube.cloud.ovh.com");
    return left.every(({ metadata, status }) => !metadata.name.startsWith("karpenter-") || (status?.currentNodes ?? 0) === 0);
  });
  expect((await pools()).length).toBeGreaterThan(0);
});
