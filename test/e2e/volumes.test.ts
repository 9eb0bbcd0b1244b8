/**
 * OVHcloud's storage classes and load balancers on the local cloud, in steps that build on each other: a claim is bound with a node ordered from zero, the volume
 * moves with its pod, is expanded after the daemon was killed, is refused to a second node, is reclaimed; a load balancer's address answers; nothing is left.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { get as httpGet } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { runningDaemon } from "../../local/daemon/record";
import { localEnvironment } from "../../local/environment";
import { imageReference } from "../../local/images";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { isAlive, signal } from "../../local/lib/proc";
import { createProgress } from "../../local/lib/progress";
import { deploy } from "../../local/pulumi/deploy";
import { localOverrides } from "../../local/pulumi/overrides";
import { type Settings, loadSettings } from "../../local/lib/settings";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
let settings: Settings;
let environment: NodeJS.ProcessEnv;

const kubectl = (...args: string[]): Promise<string> => exec("kubectl", args, { env: environment, timeout: 120_000 });
const apply = (...items: object[]): Promise<string> =>
  exec("kubectl", ["apply", "--filename", "-"], {
    env: environment,
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    timeout: 60_000,
  });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl("get", ...args, "--output", "json")) as T;

interface Claim {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase: string; readonly capacity?: { readonly storage: string } };
}
interface Volume {
  readonly spec: {
    readonly nodeAffinity: object;
    readonly storageClassName: string;
    readonly capacity: { readonly storage: string };
  };
}
interface Pod {
  readonly status: { readonly phase: string; readonly podIP?: string };
  readonly spec: { readonly nodeName?: string };
}

const claim = (name: string, storage: string, mode = "ReadWriteOnce"): object => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: { accessModes: [mode], resources: { requests: { storage } } },
});

const image = imageReference("autoscaler");
const small = { requests: { cpu: "50m", memory: "48Mi" }, limits: { memory: "128Mi" } };

/** A pod on a pool that runs a line of shell with a claim's volume at /data. The image has a shell and Node.js. */
const pod = (name: string, pool: string, volume: string | undefined, script: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: {
    nodeSelector: { nodepool: pool },
    tolerations: [{ operator: "Exists" }],
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsUser: 1000, runAsNonRoot: true, fsGroup: 1000 },
    containers: [
      {
        name: "main",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", "-c", script],
        resources: small,
        volumeMounts: volume ? [{ name: "data", mountPath: "/data" }] : [],
      },
    ],
    volumes: volume ? [{ name: "data", persistentVolumeClaim: { claimName: volume } }] : [],
  },
});

const isRunning = async (name: string): Promise<boolean> => (await json<Pod>("pod", name)).status.phase === "Running";
const events = async (name: string): Promise<string> =>
  (await json<{ items: { message: string }[] }>("events", `--field-selector=involvedObject.name=${name}`)).items
    .map(({ message }) => message)
    .join("\n");
const sleep = "sleep 3600";

beforeAll(async () => {
  await shutdown(progress);
  settings = loadSettings(paths.settings);
  await startDaemon(progress, settings);
  const local = await localEnvironment(progress);
  environment = local;
  const stackSettings = {
    ...localOverrides(settings),
    "ovh-mks-batch:pools": { system: { maxNodes: 1 }, compute: { maxNodes: 1 } },
    "ovh-mks-batch:autoscaler": { scaleDownDelaySeconds: 60 },
    "ovh-mks-batch:controller": { enabled: false },
    "ovh-mks-batch:thumbnails": { enabled: false },
    // It has a volume of its own.
    "ovh-mks-batch:database": { enabled: false },
  };
  await deploy(local, stackSettings, progress);
});

afterAll(() => shutdown(progress));

it("has OVHcloud's classes", async () => {
  const { items } = await json<{ items: { metadata: { name: string; annotations?: Record<string, string> }; provisioner: string }[] }>(
    "storageclasses",
  );
  expect(items.map(({ metadata: { name } }) => name).sort()).toEqual([
    "csi-cinder-classic",
    "csi-cinder-high-speed",
    "csi-cinder-high-speed-gen2",
  ]);
  const [chosen, ...more] = items.filter(({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"]);
  expect([chosen?.metadata.name, more.length]).toEqual(["csi-cinder-high-speed", 0]);
});

it("a claim waits for its first pod, whose node is ordered from zero, and gets whole GiB in the node's zone", async () => {
  await apply(claim("data", "2500Mi"), claim("shared", "1Gi", "ReadWriteMany"));
  expect((await json<Claim>("pvc", "data")).status.phase).toBe("Pending");
  await apply(pod("first", "compute", "data", `echo kept > /data/file && ls -a /data && ${sleep}`), pod("one", "compute", "shared", sleep));
  await until("the pods run", async () => (await isRunning("first")) && isRunning("one"), { timeout: 480_000 });
  expect((await json<Pod>("pod", "first")).spec.nodeName).toMatch(/^compute-node-/);
  const { spec, status } = await json<Claim>("pvc", "data");
  expect(status).toMatchObject({ phase: "Bound", capacity: { storage: "3Gi" } });
  expect(await json<Volume>("pv", spec.volumeName!)).toMatchObject({
    spec: {
      storageClassName: "csi-cinder-high-speed",
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.cinder.csi.openstack.org/zone", values: ["nova"] }] }] },
      },
    },
  });
  await until("it has listed its file", async () => /file\nlost\+found/.test(await kubectl("logs", "first")));
});

it("another node cannot have the volume, whatever the access mode", async () => {
  await apply(pod("second", "system", "data", `cat /data/file && ${sleep}`), pod("two", "system", "shared", sleep));
  await until("the second pod is told", async () => (await events("second")).includes("Multi-Attach error for volume"));
  await until("so is the one of ReadWriteMany", async () =>
    /\[ControllerPublishVolume\] Attach Volume failed with error disk .* is attached to a different instance/.test(await events("two")),
  );
  expect(await isRunning("second")).toBe(false);
});

it("the data moves with the pod to another node", async () => {
  await kubectl("delete", "pod", "first", "one", "two");
  await until("the second pod runs", () => isRunning("second"), { timeout: 480_000 });
  await until("it has written what it read", async () => (await kubectl("logs", "second")) === "kept\n");
  expect((await json<Pod>("pod", "second")).spec.nodeName).toMatch(/^system-node-/);
});

it("a daemon that was killed looks after volumes again", async () => {
  const daemon = runningDaemon();
  signal(daemon, "SIGKILL");
  await until("it is gone", () => !isAlive(daemon));
  await startDaemon(progress, settings);
});

it("a volume grows while it is in use, and does not shrink", async () => {
  const resize = (storage: string) =>
    kubectl("patch", "pvc", "data", "--patch", JSON.stringify({ spec: { resources: { requests: { storage } } } }));
  await resize("5Gi");
  const { spec } = await json<Claim>("pvc", "data");
  await until("the volume has it", async () => (await json<Volume>("pv", spec.volumeName!)).spec.capacity.storage === "5Gi");
  // Its kubelet looks at a pod's volumes when the pod changes, or else about once a minute.
  await kubectl("annotate", "pod", "second", "looked-at=now");
  await until("the claim has it", async () => (await json<Claim>("pvc", "data")).status.capacity?.storage === "5Gi");
  await expect(resize("4Gi")).rejects.toMatchObject({
    stderr: expect.stringContaining("field can not be less than") as string,
  });
});

it("the volume goes with its claim", async () => {
  const volumes = join(paths.cluster, "volumes");
  expect(readdirSync(volumes)).toHaveLength(2);
  await kubectl("delete", "pod", "second");
  await kubectl("delete", "pvc", "data", "shared");
  await until("no volume is left", async () => (await json<{ items: object[] }>("pv")).items.length === 0);
  expect(readdirSync(volumes)).toEqual([]);
});

it("a load balancer's address answers this machine and pods, until its Service goes", async () => {
  // A connection that is kept would outlive the Service.
  const server = `node -e 'require("http").createServer((_, answer) => answer.setHeader("connection", "close").end("served")).listen(8080)'`;
  await apply(pod("server", "system", undefined, server), {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "server" },
    spec: { type: "LoadBalancer", selector: { app: "server" }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  let address: string | undefined;
  interface Service {
    readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip: string }[] } };
  }
  await until("the Service has an address", async () => {
    address = (await json<Service>("service", "server")).status.loadBalancer.ingress?.[0]?.ip;
    return address !== undefined;
  });
  const url = `http://${address}/`;
  const get = (): Promise<string> =>
    new Promise((resolve) => {
      const request = httpGet(url, { agent: false, timeout: 2_000 }, (answer) => void text(answer).then(resolve));
      request.on("timeout", () => request.destroy(new Error("no answer"))).on("error", (error) => resolve(String(error)));
    });
  await until("it answers", async () => (await get()) === "served");
  const script = `fetch("${url}").then((answer) => answer.text()).then(console.log)`;
  expect(await kubectl("exec", "server", "--", "node", "-e", script)).toBe("served\n");
  await kubectl("delete", "service", "server");
  await until("it answers no more", async () => (await get()) !== "served");
});

it("down leaves nothing of them", async () => {
  await shutdown(progress);
  expect(existsSync(paths.cluster)).toBe(false);
  expect(readFileSync("/proc/mounts", "utf8")).not.toContain(paths.work);
});
