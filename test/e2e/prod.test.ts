/**
 * The stack `prod` on the local cloud as its file has it, in steps that build on each other: preview, create, a kubeconfig that is reset, a plan
 * that cannot be changed, a cluster that somebody else deletes, destroy. Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { writeFileSync } from "node:fs";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { kubernetes } from "../../local/api/catalog/catalog";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { callProject } from "../../local/daemon/project";
import { localEnvironment } from "../../local/environment";
import { imageReference } from "../../local/images";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { localOverrides } from "../../local/pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../local/pulumi/stack";
import { type Settings, loadSettings } from "../../local/lib/settings";
import { type Tools, ensureTools } from "../../local/tools";
import { keepSettings } from "./kept-settings";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();
const region = "EU-WEST-PAR";
const variable = "PULUMI_K8S_DELETE_UNREACHABLE";
const unchanged = { created: 0, updated: 0, deleted: 0, failed: 0 };

let settings: Settings;
let tools: Tools;
let stack: Stack;
let environment: NodeJS.ProcessEnv;

/** Writes what Pulumi.prod.yaml lacks on this cloud: where its S3 server, its prices and its images are, and the version that it runs. @param changes of settings, by their first key */
function configure(changes: Record<string, object> = {}): void {
  const added: Record<string, object> = {
    ...(localOverrides(settings) as Record<string, object>),
    "ovh-mks-batch:images": { registry: "localhost/ovh-mks-batch" },
    "ovh-mks-batch:cluster": { version: kubernetes.minor },
  };
  for (const [name, change] of Object.entries(changes)) {
    const key = `ovh-mks-batch:${name}`;
    added[key] = { ...added[key], ...change };
  }
  writeStackConfig(added, "prod");
}

async function up(): Promise<typeof unchanged> {
  const { counts, outputs } = await update(stack, "up", progress.say);
  writeFileSync(paths.kubeconfig, outputs.kubeconfig!.value as string, { mode: 0o600 });
  return counts;
}

/** @returns what an update would create, by type and name */
async function preview(): Promise<string[]> {
  const created: string[] = [];
  const onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (resourcePreEvent?.metadata.op !== "create") return;
    const [, , types = "", name = ""] = resourcePreEvent.metadata.urn.split("::");
    created.push(`${types.split(/[$:/]/).pop()} ${name}`);
  };
  await stack.preview({ onEvent, configFile: paths.stackConfig });
  return created;
}

const kubectl = (...args: string[]): Promise<string> =>
  exec(tools.kubectl, ["--kubeconfig", paths.kubeconfig, "--request-timeout=60s", ...args]);

const clusters = (): Promise<string[]> => callProject("GET", "/kube");
const cluster = async <T>(): Promise<T & { status: string; id: string }> => callProject("GET", `/kube/${(await clusters())[0]}`);

beforeAll(async () => {
  tools = await ensureTools(progress);
  await shutdown(progress);
  settings = loadSettings(paths.settings, { storageRegion: region, realNodes: 3 });
  await startDaemon(progress, settings);
  configure();
  const local = await localEnvironment(progress);
  environment = local;
  stack = await openStack(local, "prod");
});

afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

it("the preview shows the network, the subnet, the gateway, the cluster and its pools, and makes nothing", async () => {
  const created = await preview();
  const parts = ["NetworkPrivate network-network", "NetworkPrivateSubnet network-subnet", "Gateway network-gateway", "Kube cluster-kube"];
  expect(created).toEqual(expect.arrayContaining([...parts, "KubeNodePool system-pool", "KubeNodePool compute-pool"]));
  expect(await clusters()).toEqual([]);
});

it("what the region does not have is told in the preview, all at once", async () => {
  configure({ pools: { system: { flavor: "b3-16" }, compute: { flavor: "b3-32", availabilityZones: ["eu-west-gra-a"] } } });
  const failure = preview();
  await expect(failure).rejects.toThrow(/pools\.system\.availabilityZones/);
  await expect(failure).rejects.toThrow(/pools\.compute\.availabilityZones/);
  configure();
});

it("up makes a Standard cluster in the private network behind the gateway, and each pool in its zone", async () => {
  expect(await up()).toMatchObject({ updated: 0, deleted: 0, failed: 0 });
  const { id, plan, privateNetworkId, nodesSubnetId } = await cluster<Record<string, string>>();
  const [network] = await callProject<{ id: string; regions: { openstackId: string; region: string }[] }[]>("GET", "/network/private");
  expect(network?.regions).toEqual([expect.objectContaining({ region, openstackId: privateNetworkId })]);
  const [subnet] = await callProject<{ id: string; cidr: string }[]>("GET", `/network/private/${network?.id}/subnet`);
  expect(subnet).toMatchObject({ id: nodesSubnetId, cidr: "192.168.0.0/20" });
  const [gateway] = await callProject<{ status: string; interfaces: { subnetId: string }[] }[]>("GET", `/region/${region}/gateway`);
  expect(gateway).toMatchObject({ status: "active", interfaces: [expect.objectContaining({ subnetId: nodesSubnetId })] });
  expect(plan).toBe("standard");
  const pools = await callProject<{ name: string; availabilityZones: string[]; flavor: string }[]>("GET", `/kube/${id}/nodepool`);
  expect(Object.fromEntries(pools.map(({ name, availabilityZones, flavor }) => [name, [flavor, ...availabilityZones]]))).toEqual({
    system: ["b3-16", "eu-west-par-a"],
    compute: ["b3-32", "eu-west-par-a"],
  });
  const zones = await kubectl(
    "get",
    "nodes",
    "-l",
    "nodepool=system",
    "-o",
    "jsonpath={.items[*].metadata.labels.topology\\.kubernetes\\.io/zone}",
  );
  expect(zones.trim().split(" ")).toEqual(["eu-west-par-a", "eu-west-par-a"]);
  await expect(callProject("GET", `/region/${region}/storage`)).resolves.toHaveLength(1);
});

it("an up with nothing new changes nothing", async () => {
  expect(await up()).toEqual(unchanged);
});

it("a kubeconfig that was reset at OVHcloud is refused; up heals it, and a batch at work goes on although its nodes are installed anew", async () => {
  const task = [
    "--image",
    imageReference("autoscaler"),
    "--run-as-user",
    "65532",
    "--cpu",
    "100m",
    "--memory",
    "64Mi",
    "--",
    "sleep",
    "15",
  ];
  const submit = (...flags: string[]) =>
    exec("mks-batch", ["submit", "--name", "steady", ...flags, ...task], { env: environment, timeout: 480_000 });
  await submit("--wait", "started");
  const [job] = await kubectl("get", "jobs", "-n", "batch", "-o", "jsonpath={.items[*].metadata.uid}").then((text) => text.split(" "));
  const { id } = await cluster();
  await callProject("POST", `/kube/${id}/kubeconfig/reset`);
  const refused = (error: Error): boolean => /Unauthorized|logged in|provide credentials/i.test(error.message);
  await until("the old kubeconfig is refused", () => kubectl("get", "nodes", "--request-timeout=10s").then(() => false, refused));
  await until("the cluster is READY again", async () => (await cluster()).status === "READY");
  // The provider of what is in the cluster, and nothing in it.
  expect(await up()).toEqual({ ...unchanged, updated: 1 });
  expect(await submit()).toMatch(/succeeded/);
  expect(await kubectl("get", "jobs", "-n", "batch", "-o", "jsonpath={.items[*].metadata.uid}")).toContain(job);
  expect(await up()).toEqual(unchanged);
}, 1_800_000);

it("another plan is refused in the preview, with the way", async () => {
  const compute = { flavor: "b3-32", availabilityZones: ["eu-west-par-a"], maxNodes: 90 };
  configure({ cluster: { plan: "free" }, pools: { compute } });
  await expect(preview()).rejects.toThrow(/cluster\.plan \(free\) cannot be changed[\s\S]*new stack/);
  configure();
});

it("protected as it is, the preview of a destroy stops it before anything goes", async () => {
  const destroy = exec("pulumi", ["destroy", "--stack", "prod", "--yes", "--non-interactive"], {
    cwd: paths.root,
    env: environment,
    timeout: 120_000,
  });
  await expect(destroy).rejects.toMatchObject({ stdout: expect.stringMatching(/protect/) as string });
  expect(await up()).toEqual(unchanged);
});

it("a cluster that somebody deleted: refresh says what to do, forgets all that was in it, and up makes it anew", async () => {
  configure({ cluster: { protected: false }, storage: { protected: false } });
  expect(await up()).toMatchObject({ created: 0, deleted: 0, failed: 0 });
  const [id] = await clusters();
  await callProject("DELETE", `/kube/${id}`);
  await until("the cluster is gone", async () => (await clusters()).length === 0);
  const refresh = () => stack.refresh({ configFile: paths.stackConfig, showSecrets: false });
  await expect(refresh()).rejects.toThrow(`${variable}=true`);
  stack.workspace.envVars[variable] = "true";
  await refresh();
  delete stack.workspace.envVars[variable];
  expect(await up()).toMatchObject({ failed: 0 });
  await expect(clusters()).resolves.toEqual([expect.not.stringMatching(id!)]);
  for (const namespace of ["autoscaler", "batch-operator"])
    expect(await kubectl("get", "deployments", "-n", namespace, "-o", "name")).toMatch(/deployment/);
});

it("destroy leaves nothing: no cluster, pool, gateway, subnet, network, bucket or user", async () => {
  await update(stack, "destroy", progress.say);
  for (const path of ["/kube", "/network/private", `/region/${region}/gateway`, `/region/${region}/storage`, "/user"])
    expect([path, await callProject("GET", path)]).toEqual([path, []]);
});
