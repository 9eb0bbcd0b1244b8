/** The parts of the benchmark: pods come, most of them leave, all are gone. */
import type { KarpenterCloud } from "../../local/demo/karpenter/cloud";
import { costOf, type Prices } from "../../local/demo/karpenter/prices";
import { createSettled } from "../../local/demo/karpenter/settled";
import type { State } from "../../local/demo/karpenter/state";
import { clear, deploy, type Inflate, scale } from "../../local/demo/karpenter/workload";
import { until } from "../harness/cloud";
import { type PaidNode, readPaidNodes } from "./ovh";
import type { Watch } from "./watch";

/** Seconds without a change after which Karpenter has nothing more to do: from a change until it acts it takes less than a minute. */
const calm = 120;

/** Between two looks, and at most for each part. */
const often = { pause: 1_000, patience: 900 };

export interface Outcome {
  /** Seconds from the first pod that came or left until the last order or removal. */
  readonly seconds: number;
  /** Of an hour of all nodes. */
  readonly cost: number;
}

export interface Filled extends Outcome {
  /** Of an hour of the nodes that were chosen before the first pod ran: all pods waited, and no node was there. */
  readonly chosenCost: number;
}

export class Run {
  constructor(
    private readonly cloud: KarpenterCloud,
    private readonly watch: Watch,
    private readonly prices: Prices,
    private readonly say: (line: string) => void,
  ) {}

  /** Creates the pods, and waits until all of them run. */
  async fill(who: string, workload: readonly Inflate[]): Promise<Filled> {
    const start = Date.now();
    await deploy(this.cloud.client, workload);
    const count = workload.reduce((sum, { replicas }) => sum + replicas, 0);
    let firstRan = Infinity;
    const look = async (): Promise<boolean> => {
      const state = await this.watch.look();
      if (state.pods.some(({ running }) => running)) firstRan = Math.min(firstRan, Date.now());
      return allRun(state, count);
    };
    await until(look, often);
    const nodes = await this.nodes();
    const seconds = (Math.max(...nodes.map(({ orderedAt }) => orderedAt)) - start) / 1000;
    const chosen = nodes.filter(({ orderedAt }) => orderedAt < firstRan);
    const before = `${who}: chosen before the first pod ran, of which the last was ordered within`;
    const { cost: chosenCost } = this.tell(before, chosen, (firstRan - start) / 1000);
    return { ...this.tell(`${who}: ${count} pods run; the last order came after`, nodes, seconds), chosenCost };
  }

  /** Keeps so many pods of each Deployment, and waits until the nodes have changed for the last time. */
  async shrink(workload: readonly Inflate[], replicas: number): Promise<Outcome> {
    const start = Date.now();
    const seconds = (): number => (Date.now() - start) / 1000;
    for (const { name } of workload) await scale(this.cloud.client, name, replicas);
    const settled = createSettled(calm);
    const look = async (): Promise<boolean> => {
      const { pods, nodes } = await this.watch.look();
      const what = JSON.stringify([nodes.map(({ uid, leaving }) => [uid, leaving]).sort(), pods.length]);
      return settled(what, seconds()) && pods.every(({ running }) => running);
    };
    await until(look, often);
    return this.tell(`${replicas} pods of each size are left; the nodes are the same since`, await this.nodes(), seconds() - calm);
  }

  /** Deletes the pods, and waits until no node is paid any more. */
  async empty(): Promise<void> {
    await clear(this.cloud.client);
    await until(async () => (await this.watch.look()).pods.length + (await this.nodes()).length === 0, often);
  }

  private nodes(): Promise<PaidNode[]> {
    return readPaidNodes(this.cloud.clusterId);
  }

  private tell(what: string, nodes: readonly PaidNode[], seconds: number): Outcome {
    const cost = costOf(nodes, this.prices);
    const flavors = nodes.map(({ flavor }) => flavor).sort();
    this.say(`${what} ${seconds.toFixed(1)} s; ${nodes.length} nodes for ${cost.toFixed(4)} an hour: ${flavors.join(" ")}`);
    return { seconds, cost };
  }
}

const allRun = ({ pods }: State, count: number): boolean => pods.length === count && pods.every(({ running }) => running);
