import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../../../local/api/context/clock";
import { Cloud } from "../../../local/api/cloud";
import type { Delays } from "../../../local/api/context/context";
import { Faults } from "../../../local/api/context/faults";
import { createServer } from "../../../local/api/http/server";
import { sign } from "../../../local/api/iam/signature";
import { emptyState } from "../../../local/api/state/model";
import { Store } from "../../../local/api/state/store";
import { FakeCluster, FakeStorage } from "./backends";

export const identity = { applicationKey: "app-key", applicationSecret: "app-secret", consumerKey: "consumer-key" };
export const serviceName = "0123456789abcdef0123456789abcdef";
export const project = `/cloud/project/${serviceName}`;

/** A clock that stands still: sleepers wake when a test lets time pass. */
export class TestClock implements Clock {
  private time = Date.parse("2026-03-01T12:00:00Z");
  private sleepers: { at: number; wake: () => void }[] = [];

  now(): Date {
    return new Date(this.time);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.sleepers.push({ at: this.time + ms, wake: resolve });
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
  }

  advance(seconds: number): void {
    this.time += seconds * 1000;
    const due = this.sleepers.filter(({ at }) => at <= this.time);
    this.sleepers = this.sleepers.filter((sleeper) => !due.includes(sleeper));
    for (const { wake } of due) wake();
  }
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, unknown>;
}

const quick: Delays = { boot: 0, cluster: 0, pool: 0, user: 0, network: 0, update: 0, delete: 0, stock: 30_000 };
const folders: string[] = [];

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "api-test-"));
  folders.push(folder);
  return folder;
};

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface HarnessOptions {
  readonly delays?: Partial<Delays>;
  readonly admin?: boolean;
  readonly cluster?: FakeCluster;
  readonly storage?: FakeStorage;
  readonly folder?: string;
  readonly random?: () => number;
  readonly maxClusters?: number;
  readonly oneZone?: "accept" | "refuse";
  readonly storageRegion?: string;
  readonly etcdQuota?: "nodes" | "plan" | "off";
}

/** What an emulator is made of that a test may look at, or put in place of its own. */
export interface EmulatorParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly cluster: FakeCluster;
  readonly storage: FakeStorage;
  readonly stateFile: string;
  readonly log?: (line: string) => void;
  readonly logRequest?: (line: string) => void;
}

/** The emulator over recording backends. */
export function createEmulator(parts: EmulatorParts, options: HarnessOptions = {}): { cloud: Cloud; server: FastifyInstance } {
  const { clock, faults, cluster, storage, stateFile, log = () => undefined, logRequest = () => undefined } = parts;
  const { delays, maxClusters = 2, oneZone = "refuse", storageRegion = "GRA", etcdQuota = "nodes", random = Math.random } = options;
  const cloud = new Cloud({
    serviceName,
    store: Store.open(stateFile, emptyState()),
    clock,
    faults,
    delays: { ...quick, ...delays },
    cluster,
    storage,
    maxClusters,
    oneZone,
    storageRegion,
    etcdQuota,
    random,
    log,
  });
  return { cloud, server: createServer({ cloud, identity, admin: options.admin ?? true, logRequest }) };
}

/** The emulator over recording backends, asked through its HTTP server without a socket. */
export class Harness {
  readonly clock = new TestClock();
  readonly log: string[] = [];
  readonly requests: string[] = [];
  readonly faults: Faults;
  readonly cluster: FakeCluster;
  readonly storage: FakeStorage;
  readonly folder: string;
  readonly cloud: Cloud;
  readonly server: FastifyInstance;

  constructor(options: HarnessOptions = {}) {
    this.cluster = options.cluster ?? new FakeCluster();
    this.storage = options.storage ?? new FakeStorage();
    this.folder = options.folder ?? temporaryFolder();
    this.faults = new Faults(options.random);
    const { clock, faults, cluster, storage, stateFile } = this;
    const log = (line: string): void => void this.log.push(line);
    const logRequest = (line: string): void => void this.requests.push(line);
    ({ cloud: this.cloud, server: this.server } = createEmulator({ clock, faults, cluster, storage, stateFile, log, logRequest }, options));
  }

  get stateFile(): string {
    return join(this.folder, "state.json");
  }

  /** Asks with a right signature. `path` goes after /1.0 unless it starts with "/_". */
  async call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Answer> {
    const url = path.startsWith("/_") ? path : `/1.0${path}`;
    const text = body === undefined ? "" : JSON.stringify(body);
    return this.send(method, url, text, signedHeaders(method, `http://test.local${url}`, text, this.clock.now()));
  }

  async send(method: "GET" | "POST" | "PUT" | "DELETE", url: string, body: string, headers: Record<string, string>): Promise<Answer> {
    const answer = await this.server.inject({
      method,
      url,
      payload: body === "" ? undefined : body,
      headers: { host: "test.local", ...headers },
    });
    const json = String(answer.headers["content-type"] ?? "").includes("json") && answer.body !== "";
    return { status: answer.statusCode, body: json ? (JSON.parse(answer.body) as unknown) : answer.body, headers: answer.headers };
  }

  /** Asks over a socket, which leaves the path as it is; undefined when the connection ends without an answer. */
  async overSocket(method: "GET" | "POST", path: string, body?: unknown, timeout = 2_000): Promise<number | undefined> {
    const address =
      this.server.server.address() ?? (await this.server.listen({ port: 0, host: "127.0.0.1" }), this.server.server.address());
    const { port } = address as AddressInfo;
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = signedHeaders(method, `http://127.0.0.1:${port}${path}`, text, this.clock.now());
    return new Promise((resolve) => {
      const asked = request({ host: "127.0.0.1", port, method, path, headers, timeout }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
      });
      asked.on("timeout", () => asked.destroy()).on("error", () => resolve(undefined));
      asked.end(text);
    });
  }

  /** Lets everything happen that waits for nothing but the disk and the backends. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      await this.cloud.context.store.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Settles after each of `steps` jumps of time. */
  async pass(seconds: number, steps = 1): Promise<void> {
    for (let i = 0; i < steps; i++) {
      this.clock.advance(seconds);
      await this.settle();
    }
  }

  /** A cluster that is READY. */
  async readyCluster(body: Record<string, unknown> = {}): Promise<string> {
    const { body: cluster, status } = await this.call("POST", `${project}/kube`, { region: "GRA11", ...body });
    if (status !== 201) throw new Error(JSON.stringify(cluster));
    await this.settle();
    return (cluster as { id: string }).id;
  }

  /** A private network with a subnet and a gateway, as a cluster of the plan Standard needs one. @returns what such a cluster's body holds */
  async privateNetwork(region: string): Promise<{ region: string; plan: string; privateNetworkId: string; nodesSubnetId: string }> {
    const post = async (path: string, body: unknown) => (await this.call("POST", `${project}${path}`, body)).body as { id: string };
    const network = await post("/network/private", { name: "private", regions: [region] });
    const range = { network: "192.168.0.0/24", start: "192.168.0.16", end: "192.168.0.254", dhcp: true, noGateway: false };
    const { id: nodesSubnetId } = await post(`/network/private/${network.id}/subnet`, { region, ...range });
    const privateNetworkId = (network as unknown as { regions: { openstackId: string }[] }).regions[0]!.openstackId;
    await post(`/region/${region}/network/${privateNetworkId}/subnet/${nodesSubnetId}/gateway`, { name: "private", model: "s" });
    return { region, plan: "standard", privateNetworkId, nodesSubnetId };
  }

  /** A pool whose nodes are READY. */
  async readyPool(clusterId: string, body: Record<string, unknown> = {}): Promise<{ id: string; path: string }> {
    const path = `${project}/kube/${clusterId}/nodepool`;
    const { body: pool, status } = await this.call("POST", path, { flavorName: "c2-15", name: "compute", ...body });
    if (status !== 201) throw new Error(JSON.stringify(pool));
    await this.settle();
    const { id } = pool as { id: string };
    return { id, path: `${path}/${id}` };
  }

  async nodes(pool: { path: string }): Promise<{ id: string; name: string; instanceId: string; status: string }[]> {
    return (await this.call("GET", `${pool.path}/nodes`)).body as { id: string; name: string; instanceId: string; status: string }[];
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.cloud.close();
  }
}

export function signedHeaders(method: string, url: string, body: string, now: Date, key = identity): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    "content-type": "application/json",
    "x-ovh-application": key.applicationKey,
    "x-ovh-consumer": key.consumerKey,
    "x-ovh-timestamp": timestamp,
    "x-ovh-signature": sign(key, { method, url, body }, timestamp),
  };
}
