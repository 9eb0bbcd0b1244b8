import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../api/context/clock";
import { Cloud } from "../api/cloud";
import { defaultDelays, type Context } from "../api/context/context";
import { Faults } from "../api/context/faults";
import { createServer } from "../api/http/server";
import { emptyState } from "../api/state/model";
import { Store } from "../api/state/store";
import { LocalCluster } from "../cluster";
import { cloneGoldenRoot } from "../images";
import { paths } from "../lib/paths";
import { Gateway, LocalStorage } from "../s3";
import { Sandbox } from "../sandbox";
import { rotate } from "../sandbox/logs";
import type { Settings } from "../lib/settings";
import { writeCredentials } from "./credentials";
import { readMachinery } from "./machinery";
import { portTaken } from "./ports";

/** The running local cloud, and how to end this process's part in it. */
export interface Service {
  /** Whether what the processes of Kubernetes live in is still there. */
  isAlive(): boolean;
  close(): Promise<void>;
}

/** Brings the local cloud up, or takes over the one that runs already. @throws {UserError} for what the user can mend */
export async function serve(settings: Settings, phase: (text: string) => Promise<void>, log: (line: string) => void): Promise<Service> {
  const { tools, pauseImage, dnsImage } = readMachinery();
  await phase("Opening the sandbox");
  const sandbox = await Sandbox.open(settings, paths.work);

  await phase("Starting the S3 server");
  const { host } = sandbox.addresses;
  const binary = tools.versitygw ?? "versitygw";
  const region = settings.storageRegion.toLowerCase();
  const gateway = new Gateway({ binary, folder: paths.s3, logFile: join(paths.logs, "s3.log"), host, port: settings.s3Port, region });
  const storage = await LocalStorage.connect(gateway.endpoint, await gateway.start(), region);
  const closing = new AbortController();
  const supervision = gateway.supervise(closing.signal, log);

  await phase("Starting the API");
  const endpoint = (address: string): string => `http://${address}:${settings.apiPort}/1.0`;
  const credentials = await writeCredentials({
    endpoint: endpoint("127.0.0.1"),
    clusterEndpoint: endpoint(host),
    s3Endpoint: gateway.endpoint,
  });
  const context: Context = {
    serviceName: credentials.serviceName,
    store: Store.open(join(paths.api, "state.json"), emptyState()),
    clock: systemClock,
    faults: new Faults(),
    delays: { ...defaultDelays, boot: settings.bootSeconds * 1000 },
    // The cluster needs the emulator's pools, and the emulator the cluster.
    get cluster() {
      return cluster;
    },
    storage,
    maxClusters: 1,
    oneZone: settings.oneZone,
    etcdQuota: settings.etcdQuota,
    storageRegion: settings.storageRegion,
    random: Math.random,
    log,
  };
  const cloud = new Cloud(context);
  const images = {
    pauseImage,
    dnsImage,
    goldenRoot: () => readMachinery().goldenRoot,
    clone: (target: string) => cloneGoldenRoot(readMachinery().goldenRoot, target),
  };
  const { pools, etcd: etcdQuotas } = cloud;
  const cluster = new LocalCluster({ sandbox, settings, tools, images, pools, etcdQuotas, folder: paths.cluster, say: log });

  const requestLog = join(paths.logs, "api.log");
  rotate(requestLog);
  const requests = createWriteStream(requestLog, { flags: "a", mode: 0o600 });
  const logRequest = (line: string): void => void requests.write(`${line}\n`);
  const servers = [
    { address: "127.0.0.1", server: createServer({ cloud, identity: credentials, admin: true, logRequest }) },
    { address: host, server: createServer({ cloud, identity: credentials, admin: false, logRequest }) },
  ];
  await cloud.start();
  for (const { address, server } of servers) {
    try {
      await server.listen({ host: address, port: settings.apiPort });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? portTaken(address, settings.apiPort, "--api-port") : error;
    }
  }
  return {
    isAlive: () => sandbox.isAlive,
    close: async () => {
      closing.abort();
      await supervision;
      // Whoever is still being answered when the time is up gets the connection cut.
      await Promise.race([Promise.all(servers.map(({ server }) => server.close())), sleep(2_000)]);
      await cloud.close();
      cluster.close();
      requests.end();
    },
  };
}
