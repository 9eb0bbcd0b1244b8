import { mayRunOn } from "../../autoscaler/state/matching";
import { type Shape } from "../../autoscaler/state/model";
import { timesFitting } from "../../autoscaler/state/resources";
import { type Instance, type Model, showNode } from "./instances";
import { type Trace } from "../traces/trace";

/** Chooses the node of a pod as kube-scheduler does in its default profile, cut down to what tells the simulated nodes apart. */
export class Scheduler {
  private readonly matches = new Map<string, boolean>();

  constructor(private readonly strategy: Trace["scheduler"]) {}

  /** The best of the Ready nodes that hold the pod; undefined when none does. */
  choose(shape: Shape, instances: Iterable<Instance>, models: ReadonlyMap<string, Model>): Instance | undefined {
    let best: Instance | undefined;
    let bestScore = -Infinity;
    for (const instance of instances) {
      if (instance.state !== "ready" || instance.cordoned || timesFitting(instance.free, shape.requests) < 1) continue;
      const model = models.get(instance.pool)!;
      if (!this.matchesPool(shape, instance, model)) continue;
      const score = this.score(shape, instance, model);
      if (score > bestScore) [best, bestScore] = [instance, score];
    }
    return best;
  }

  /** Nodes of a pool differ by nothing that a pod of a trace can ask for. */
  private matchesPool(shape: Shape, instance: Instance, model: Model): boolean {
    const key = `${instance.pool} ${shape.key}`;
    let matches = this.matches.get(key);
    if (matches === undefined) this.matches.set(key, (matches = mayRunOn(shape, { ...showNode(instance, model), name: undefined })));
    return matches;
  }

  /**
   * NodeResourcesFit, as a share of CPU and memory, and TaintToleration with its weight of 3.
   * @see https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
   */
  private score(shape: Shape, { free, avoided: soft }: Instance, { allocatable, taints }: Model): number {
    const share = (name: string): number => ((free[name] ?? 0) - (shape.requests[name] ?? 0)) / (allocatable[name] || 1);
    const left = (share("cpu") + share("memory")) / 2;
    const avoided = soft || taints.some(({ effect }) => effect === "PreferNoSchedule") ? 3 : 0;
    return (this.strategy === "least-allocated" ? left : -left) - avoided;
  }
}
