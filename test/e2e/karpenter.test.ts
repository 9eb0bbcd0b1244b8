/**
 * Karpenter on a local cloud with real nodes, in steps that build on each other: installation with a key of its own, pages of docs/scenarios/karpenter-*.md, the
 * autoscaler beside it, node pools that are deleted, and removal when its program is gone. The other pages are run by karpenter-zones.test.ts.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CredentialName } from "../../common/ovh/credentials";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { readCredentials } from "../../local/daemon/credentials";
import { callProject } from "../../local/daemon/project";
import { localEnvironment } from "../../local/environment";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { loadSettings, type Settings } from "../../local/lib/settings";
import { deploy } from "../../local/pulumi/deploy";
import { localOverrides } from "../../local/pulumi/overrides";
import { writeStackConfig } from "../../local/pulumi/stack";
import { flavorLabel, karpenterObjects, type Named } from "./karpenter-objects";
import { keepSettings } from "./kept-settings";
import { Page } from "./scenarios/page";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();

let settings: Settings;
let env: Awaited<ReturnType<typeof localEnvironment>>;
const install = new Page("karpenter-install", () => env);
const scale = new Page("karpenter-scale", () => env);
const consolidation = new Page("karpenter-consolidation", () => env);
const monthly = new Page("karpenter-monthly", () => env);
const cleanUp = new Page("karpenter-clean-up", () => env);
const { kubectl, listed, claims, ofClaims, pools } = karpenterObjects(() => env);

const scaleTo = (replicas: number): Promise<string> =>
  kubectl(["--namespace", "inflate", "scale", "deploy/inflate", `--replicas=${replicas}`]);

/** Waits until the pods of the pages run, on nodes of Karpenter's. */
const running = (replicas = 1): Promise<void> =>
  until(
    "the pods run",
    async () => {
      const ready = await kubectl(["--namespace", "inflate", "get", "deploy/inflate", "--output=jsonpath={.status.readyReplicas}"]);
      return ready.trim() === String(replicas);
    },
    { timeout: 480_000 },
  );

const noClaims = (): Promise<void> => until("Karpenter's nodes are gone", async () => (await claims()).length === 0, { timeout: 480_000 });

/** A key with the rights that docs/karpenter.md lists for this cluster, and no others. */
async function createKey(clusterId: string) {
  const { clusterEndpoint: endpoint, serviceName } = readCredentials()!;
  const page = readFileSync(join(paths.root, "docs", "karpenter.md"), "utf8");
  const rules = [...page.matchAll(/^\| (GET|POST|PUT|DELETE) \| `(\/cloud\/.+)` \|$/gm)].map(([, method, path = ""]) => ({
    method,
    path: path.replace("<project id>", serviceName).replace("<cluster id>", clusterId),
  }));
  const key = await callProject<Record<CredentialName, string>>("POST", "/_keys", { rules });
  const { applicationKey, applicationSecret, consumerKey } = key;
  return { endpoint, applicationKey, applicationSecret, consumerKey };
}

/** The stack's settings, with these of Karpenter. */
function stackSettings(karpenter: Record<string, unknown>): Record<string, object> {
  const overrides = localOverrides(settings) as Record<string, object>;
  return {
    ...overrides,
    "ovh-mks-batch:thumbnails": { enabled: false },
    "ovh-mks-batch:pools": { system: { maxNodes: 1 }, compute: { maxNodes: 1 } },
    "ovh-mks-batch:karpenter": { ...overrides["ovh-mks-batch:karpenter"], ...karpenter },
  };
}

/** Updates the stack with these settings of Karpenter. @returns the cluster's id */
async function up(karpenter: Record<string, unknown>) {
  const { outputs } = await deploy(env, stackSettings(karpenter), progress);
  return outputs.clusterId!.value as string;
}

let api: Awaited<ReturnType<typeof createKey>>;

beforeAll(async () => {
  await shutdown(progress);
  settings = loadSettings(paths.settings, { karpenter: "on", realNodes: 5 });
  await startDaemon(progress, settings);
  env = await localEnvironment(progress);
});
afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

test("Karpenter is installed by settings, which the preview checks, with its own key and its own rights", async () => {
  const nodePools = { monthly: { flavors: ["b2-7"], monthlyBilled: true, disruption: { consolidateAfterSeconds: 25 } } };
  api = await createKey(await up({ enabled: false, nodePools }));
  writeStackConfig(stackSettings({ enabled: false, nodePools, api }));
  expect((await install.run("b3-9", { fails: true })).output).toContain("batch.flavors.0 (b3-9)");
  await install.run("pulumi up");
  expect((await install.run("rollout status")).output).toContain("b3-16");
  expect(install.unused).toEqual([]);
  const log = await kubectl(["logs", "--namespace", "karpenter", "deploy/karpenter", "--tail=-1"]);
  expect(log.split("\n").filter((line) => /forbidden/i.test(line))).toEqual([]);
});

test("pods get the cheapest node that holds them, from none, and none is left after them", async () => {
  await scale.run("--for=condition=Ready");
  await scale.run("--replicas=3");
  // Pods get nodes of their own where a busy machine lets Karpenter see them more than a second apart.
  for (let tries = 1; tries < 3 && (await claims()).length > 1; tries++) {
    await scaleTo(0);
    await noClaims();
    await scaleTo(3);
    await running(3);
  }
  await scale.run("kubectl get nodeclaims");
  expect(await ofClaims(flavorLabel)).toEqual(["b3-16"]);
  await scale.run("--for=delete");
  expect(scale.unused).toEqual([]);
}, 3_600_000);

test("a small pod gets a small node", async () => {
  await consolidation.run("--replicas=1");
  expect(await ofClaims(flavorLabel)).toEqual(["b3-8"]);
});

test("a node goes whose pods have room elsewhere", async () => {
  await consolidation.run("--replicas=3");
  expect(await ofClaims(flavorLabel)).toEqual(["b3-16"]);
});

test("a node is replaced where a cheaper one will do", async () => {
  const { stdout } = await consolidation.run("--replicas=1");
  expect(stdout).toContain("Underutilized");
  expect(await ofClaims(flavorLabel)).toEqual(["b3-8"]);
  await consolidation.run("Unconsolidatable");
  expect(consolidation.unused).toEqual([]);
});

test("the autoscaler and Karpenter order nodes for their own pods only", async () => {
  await scaleTo(0);
  await noClaims();
  const job = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "ours", namespace: "batch" },
    spec: {
      restartPolicy: "Never",
      nodeSelector: { nodepool: "compute" },
      tolerations: [{ operator: "Exists" }],
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "task",
          image: "docker.io/library/debian:trixie-slim",
          command: ["true"],
          resources: { requests: { cpu: "100m", memory: "64Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
  await kubectl(["apply", "-f", "-"], { input: JSON.stringify(job) });
  await until("the autoscaler's pod has run", async () =>
    (await kubectl(["--namespace", "batch", "get", "pod/ours", "--output=jsonpath={.status.phase}"])).includes("Succeeded"),
  );
  expect(await claims()).toEqual([]);
  await kubectl(["--namespace", "batch", "delete", "pod/ours"]);
});

test("nodes by the month come in a pool of their own", async () => {
  await monthly.run("apply");
  expect(await ofClaims(flavorLabel)).toEqual(["b2-7"]);
  expect((await monthly.run("MONTHLY")).stdout).toMatch(/^karpenter-b2-7\S+ +b2-7 +true$/m);
  await monthly.run("--for=delete");
  expect(monthly.unused).toEqual([]);
});

test("node pools and classes that are deleted leave nothing, and are there again when they are applied again", async () => {
  await scaleTo(1);
  await running();
  const objects = await listed<Named & { spec: object }>("nodepools.karpenter.sh,ovhnodeclasses");
  await cleanUp.run("kubectl delete nodepools.karpenter.sh --all");
  await cleanUp.run("kubectl delete ovhnodeclasses");
  expect(await pools()).toEqual([]);
  const items = objects.map(({ metadata: { name, labels, annotations }, ...object }) => ({
    ...object,
    status: undefined,
    metadata: { name, labels, annotations },
  }));
  await kubectl(["apply", "--filename", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  await running();
});

test("the removal of Karpenter with nodes left, and its program gone, leaves nothing", async () => {
  await kubectl(["--namespace", "karpenter", "delete", "deploy/karpenter"]);
  await cleanUp.run("kubectl delete namespace inflate");
  expect(cleanUp.unused).toEqual([]);
  await up({ enabled: false });
  expect(await pools()).toEqual([]);
  const definitions = (await listed("crds")).map(({ metadata }) => metadata.name);
  expect(definitions.filter((name) => /karpenter/.test(name))).toEqual([]);
});
