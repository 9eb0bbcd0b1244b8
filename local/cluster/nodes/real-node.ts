import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { registryPort } from "../../lib/settings";
import { waitUntil } from "../../lib/wait";
import { meminfo, type NodeCapacity, nodeCapacity } from "./capacity";
import type { ControlPlaneParts } from "../control-plane/control-plane";
import {
  type NodeSetup,
  cniConfig,
  containerdConfig,
  containerdSocket,
  kubeletConfig,
  kubeletFlags,
  kubeletRoot,
  registryConfig,
  resolvConf,
} from "./node-config";
import type { NodeRecord } from "./node-records";
import type { VolumePlugins } from "../volumes";

/** Where the images of a new node come from. */
export interface Images {
  /** Makes `target` a containerd root that holds all the images, cheaply. */
  clone(target: string): Promise<void>;
  /** Name of the image whose container holds a pod's namespaces. */
  readonly pauseImage: string;
  /** Name of the image of the cluster's DNS. */
  readonly dnsImage: string;
}

export interface NodeParts extends ControlPlaneParts {
  readonly images: Images;
  readonly volumes: Pick<VolumePlugins, "start" | "stop">;
  readonly say: (text: string) => void;
}

/** What a node has of its flavor on this machine. */
export function capacityOf({ folder }: Pick<NodeParts, "folder">, { node }: NodeRecord): NodeCapacity {
  const { blocks, bsize } = statfsSync(folder);
  const machine = { cpu: availableParallelism() * 1000, memory: Math.floor(totalmem() / 1024 ** 2), disk: blocks * bsize };
  return nodeCapacity(node.flavor, machine);
}

const cgroupOf = (record: NodeRecord): string => `nodes/${record.index}`;
const services = (record: NodeRecord) => ({ containerd: `containerd-${record.node.name}`, kubelet: `kubelet-${record.node.name}` });

/** Folders of a node: `home` on the host, the others inside the sandbox. */
function foldersOf(parts: NodeParts, record: NodeRecord) {
  const inside = `/run/mks/${record.index}`;
  return { home: join(parts.folder, "nodes", record.node.name), inside, disk: `${inside}/disk`, state: `${inside}/state` };
}

/** Whether the node has been set up since the sandbox was made; a sandbox that went away has switched its nodes off. */
export function isBooted(parts: NodeParts, record: NodeRecord): boolean {
  return existsSync(bootMark(parts, record));
}

const bootMark = (parts: NodeParts, record: NodeRecord): string => parts.sandbox.outside(`${foldersOf(parts, record).state}/booted`);

/** Starts (or adopts) a node's containerd and kubelet. Its Node object is there already. */
export async function startRealNode(parts: NodeParts, record: NodeRecord): Promise<void> {
  const { sandbox, supervisor, abort } = parts;
  const { home, disk, state } = foldersOf(parts, record);
  const address = sandbox.addresses.node(record.index);
  if (!isBooted(parts, record)) {
    await clear(parts, record);
    mkdirSync(home, { recursive: true });
    const capacity = capacityOf(parts, record);
    await Promise.all([
      parts.images.clone(join(home, "containerd")),
      sandbox.addAddress(address),
      sandbox.run(["bash", "--norc", "-c", diskScript, "-", home, disk, state, kubeletRoot({ disk }), String(capacity.capacity.disk)]),
    ]);
    await writeConfiguration(parts, record, capacity);
    writeFileSync(bootMark(parts, record), "");
  }
  const { name, instanceId, zone } = record.node;
  await parts.volumes.start({ name, instanceId, zone, kubeletRoot: kubeletRoot({ disk }) });
  const { containerd, kubelet } = services(record);
  const options = { cgroup: `${cgroupOf(record)}/runtime`, cwd: "/" };
  const config = `${disk}/containerd.toml`;
  await supervisor.add({ name: containerd, command: () => [parts.tool("containerd"), `--config=${config}`], options });
  const socket = sandbox.outside(containerdSocket({ state }));
  if (!(await waitUntil(() => existsSync(socket), 30_000, 10, abort)))
    throw new Error(`${containerd} did not start: see ${sandbox.logFile(containerd)}`);
  await supervisor.add({
    name: kubelet,
    command: () => [
      ...["unshare", "--mount", "--propagation", "unchanged", "bash", "--norc", join(__dirname, "kubelet.sh")],
      ...[disk, `${sandbox.cgroups.path}/${cgroupOf(record)}`],
      ...[parts.tool("kubelet"), ...kubeletFlags({ disk, address }, record.node.name)],
    ],
    options,
  });
}

/**
 * Shows a node's folder as its disk. The kubelet takes the size of the file system that its own folder is on for the disk's: here that is one in
 * memory, as big as the flavor's disk. It stays almost empty, for what pods write goes to the folder.
 * usage: HOME DISK STATE KUBELET_ROOT BYTES
 */
const diskScript = `set -e
mkdir -p "$2" "$3"
mount --bind "$1" "$2"
mkdir -p "$2/pods" "$4"
mount -t tmpfs -o "mode=750,size=$5" ovh-mks-batch "$4"
mkdir "$4/pods"
mount --bind "$2/pods" "$4/pods"`;

async function writeConfiguration(parts: NodeParts, record: NodeRecord, capacity: NodeCapacity): Promise<void> {
  const { sandbox, identities } = parts;
  const { home, disk, state } = foldersOf(parts, record);
  const address = sandbox.addresses.node(record.index);
  await identities.issueNode(record.node.name, address, home);
  const setup: NodeSetup = {
    disk,
    state,
    address,
    podRange: sandbox.addresses.podRange(record.index),
    dnsService: sandbox.addresses.dnsService,
    controlPlane: sandbox.addresses.controlPlane,
    clientCa: identities.ca.cert,
    cgroup: `${sandbox.cgroups.path}/${cgroupOf(record)}`,
    reserved: capacity.reserved,
    pauseImage: parts.images.pauseImage,
    cniPlugins: parts.tool("cniDir"),
    registry: `${sandbox.addresses.host}:${registryPort}`,
  };
  parts.say(`node ${record.node.name}: ${capacity.explanation}`);
  const files = {
    "containerd.toml": containerdConfig(setup),
    "cni/10-pods.conflist": JSON.stringify(cniConfig(setup), null, 2),
    "kubelet.json": JSON.stringify(kubeletConfig(setup), null, 2),
    "resolv.conf": resolvConf(setup),
    meminfo: meminfo(capacity.capacity, readFileSync("/proc/meminfo", "utf8")),
    cpus: `0-${capacity.capacity.cpu / 1000 - 1}\n`,
    [`registries/${setup.registry}/hosts.toml`]: registryConfig(setup),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
}

/** Restarts a node's kubelet, which then sees its Node object anew. */
export async function restartKubelet(parts: NodeParts, record: NodeRecord): Promise<void> {
  await parts.supervisor.restart(services(record).kubelet);
}

/** Stops a node as if its machine had been switched off: every process at once. */
export async function killRealNode(parts: NodeParts, record: NodeRecord): Promise<void> {
  parts.volumes.stop(record.node.name);
  await Promise.all(Object.values(services(record)).map((name) => parts.supervisor.remove(name, 0)));
  await parts.sandbox.cgroups.remove(cgroupOf(record));
}

/** Removes all that a node has on this machine, whatever part of it exists. */
export async function removeRealNode(parts: NodeParts, record: NodeRecord): Promise<void> {
  await clear(parts, record);
  await parts.sandbox.removeAddress(parts.sandbox.addresses.node(record.index));
  rmSync(foldersOf(parts, record).home, { recursive: true, force: true });
}

async function clear(parts: NodeParts, record: NodeRecord): Promise<void> {
  const { home, inside } = foldersOf(parts, record);
  await killRealNode(parts, record);
  await parts.sandbox.unmountBelow(inside);
  await parts.sandbox.run(["rm", "-rf", inside]);
  rmSync(home, { recursive: true, force: true });
}
