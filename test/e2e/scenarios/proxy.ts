import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parse, stringify } from "yaml";

/** A TCP proxy in front of an API server. */
export interface Proxy {
  /** The kubeconfig with the proxy as its server. */
  readonly kubeconfig: string;
  /** How many connections it has accepted. */
  readonly accepted: number;
  /** From now on it accepts connections and lets nothing through; those that are open then or opened meanwhile stay silent for ever. */
  hang(): void;
  /** Lets through what comes over new connections. */
  goOn(): void;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: { readonly cluster: { server: string; "tls-server-name"?: string } }[];
}

/** @param kubeconfig text, with one cluster */
export async function startProxy(kubeconfig: string): Promise<Proxy> {
  const config = parse(kubeconfig) as Kubeconfig;
  const { cluster } = config.clusters[0]!;
  const { hostname, port } = new URL(cluster.server);
  const open = new Set<Socket>();
  let accepted = 0;
  let hanging = false;
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
  };
  const server = createServer((client) => {
    accepted++;
    keep(client);
    if (hanging) return;
    const upstream = keep(connect(Number(port), hostname));
    client.pipe(upstream).pipe(client);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cluster.server = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cluster["tls-server-name"] = "kubernetes";
  return {
    kubeconfig: stringify(config),
    get accepted() {
      return accepted;
    },
    hang() {
      hanging = true;
      for (const socket of open) socket.unpipe().pause();
    },
    goOn: () => void (hanging = false),
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
