import { Buckets } from "./storage/buckets";
import { ClusterSettings } from "./clusters/cluster-settings";
import { Clusters } from "./clusters/clusters";
import type { Context } from "./context/context";
import { Etcd } from "./clusters/etcd";
import { Gateways } from "./networks/gateways";
import { Networks } from "./networks/networks";
import { NodePools } from "./node-pools/node-pools";
import { Users } from "./users/users";

/** How often the buckets' lifecycle rules are carried out, in milliseconds. OVHcloud does so once a day. */
const lifecycleInterval = 3_600_000;

/** The emulated OVHcloud project, without HTTP. */
export class Cloud {
  readonly pools: NodePools;
  readonly gateways: Gateways;
  readonly networks: Networks;
  readonly clusters: Clusters;
  readonly settings: ClusterSettings;
  readonly etcd: Etcd;
  readonly users: Users;
  readonly buckets: Buckets;
  private timer: NodeJS.Timeout | undefined;

  constructor(readonly context: Context) {
    this.pools = new NodePools(context);
    this.gateways = new Gateways(context);
    this.networks = new Networks(context, this.gateways);
    this.clusters = new Clusters(context, this.pools, this.networks);
    this.settings = new ClusterSettings(this.clusters);
    this.etcd = new Etcd(context, this.clusters, this.pools);
    this.buckets = new Buckets(context);
    this.users = new Users(context, () => this.buckets.applyPolicies());
  }

  /** Brings the machinery in line with the saved state and goes on with what was under way when the last process ended. */
  async start(): Promise<void> {
    await this.buckets.resume();
    this.users.resume();
    this.clusters.resume();
    const expire = (): void => void this.buckets.expire().catch((error: unknown) => this.context.log(`lifecycle: ${String(error)}`));
    this.timer = setInterval(expire, lifecycleInterval);
    this.timer.unref();
  }

  /** Ends all work in the background and saves the state; what the machinery runs goes on. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const part of [this.clusters, this.pools, this.users]) part.close();
    await this.context.store.flush();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    for (const part of [this.users, this.clusters, this.pools, this.clusters]) await part.idle();
    await this.context.store.flush();
  }
}
