import { type Node, type Pod, type Pool, type Shape, type Snapshot } from "../../autoscaler/state/model";
import { type Cloud, type CloudPool } from "./cloud";
import { type Instance, type Model, showNode, type RunningPod } from "./instances";

interface ClusterState {
  readonly pending: Iterable<RunningPod>;
  readonly running: Iterable<RunningPod>;
  readonly cloud: Cloud;
}

/** Shows a simulated cluster as the autoscaler would read it from the API server. */
export class View {
  private readonly daemonPods = new Map<Instance, readonly Pod[]>();

  constructor(
    private readonly models: ReadonlyMap<string, Model>,
    private readonly daemons: readonly Shape[],
  ) {}

  show({ pending, running, cloud }: ClusterState): Pick<Snapshot, "pods" | "nodes" | "pools" | "daemons"> {
    const nodes: Node[] = [];
    const pods: Pod[] = [];
    for (const { shown } of pending) pods.push(shown);
    for (const { shown } of running) pods.push(shown);
    for (const instance of cloud.instances) {
      if (instance.state === "ordered") continue;
      nodes.push(showNode(instance, this.models.get(instance.pool)!));
      pods.push(...this.daemonPodsOf(instance));
    }
    return { pods, nodes, pools: [...cloud.pools.values()].map(showPool), daemons: this.daemons };
  }

  private daemonPodsOf(instance: Instance): readonly Pod[] {
    let pods = this.daemonPods.get(instance);
    if (!pods) {
      pods = this.models.get(instance.pool)!.daemons.map((shape, i): Pod => {
        const id = `kube-system/daemon-${i}-${instance.name}`;
        return { id, shape, node: instance.name, isWorkload: false, schedulable: true, job: undefined };
      });
      this.daemonPods.set(instance, pods);
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
