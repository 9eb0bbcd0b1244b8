import { type Node, type Pod, type Pool, type Shape, type Snapshot } from "../../autoscaler/state/model";
import { type Cloud, type CloudPool } from "./cloud";
import { type Machine, type Model, showNode } from "./machines";
import { type RunningPod } from "./machines";

interface Parts {
  readonly pending: Iterable<RunningPod>;
  readonly running: Iterable<RunningPod>;
  readonly cloud: Cloud;
}

/** Shows a simulated cluster as the autoscaler would read it from the API server. */
export class View {
  private readonly daemonPods = new Map<Machine, readonly Pod[]>();

  constructor(
    private readonly models: ReadonlyMap<string, Model>,
    private readonly daemons: readonly Shape[],
  ) {}

  show({ pending, running, cloud }: Parts): Pick<Snapshot, "pods" | "nodes" | "pools" | "daemons"> {
    const nodes: Node[] = [];
    const pods: Pod[] = [];
    for (const { shown } of pending) pods.push(shown);
    for (const { shown } of running) pods.push(shown);
    for (const machine of cloud.machines) {
      if (machine.state === "ordered") continue;
      nodes.push(showNode(machine, this.models.get(machine.pool)!));
      pods.push(...this.daemonPodsOf(machine));
    }
    return { pods, nodes, pools: [...cloud.pools.values()].map(showPool), daemons: this.daemons };
  }

  private daemonPodsOf(machine: Machine): readonly Pod[] {
    let pods = this.daemonPods.get(machine);
    if (!pods) {
      pods = this.models.get(machine.pool)!.daemons.map((shape, i): Pod => {
        const id = `kube-system/daemon-${i}-${machine.name}`;
        return { id, shape, node: machine.name, ofValue: false, schedulable: true, job: undefined };
      });
      this.daemonPods.set(machine, pods);
    }
    return pods;
  }
}

function showPool({ spec, desired, version, problem, present }: CloudPool): Pool {
  return {
    name: spec.name,
    uid: spec.name,
    resourceVersion: String(version),
    flavor: spec.flavor,
    desired,
    min: spec.minNodes,
    max: spec.maxNodes,
    autoscale: false,
    labels: spec.labels,
    taints: spec.taints,
    problem,
    granted: present.size,
    deleting: false,
  };
}
