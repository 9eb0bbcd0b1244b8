/** 100 pods of mixed size: five of each pair of CPUs and memory for each CPU. Nobody chose them to suit a flavor. */
import { poolLabels } from "../../common/provisioner";
import type { Inflate } from "../../local/demo/karpenter/workload";
import type { Amount } from "./bound";

const cpus = [250, 500, 1_000, 2_000, 4_000];
/** GiB for each CPU. */
const shares = [1, 2, 3, 4];

interface Size {
  readonly millicores: number;
  readonly mebibytes: number;
}

const ordered: readonly Size[] = cpus.flatMap((millicores) =>
  shares.map((share) => ({ millicores, mebibytes: (millicores * share * 1024) / 1000 })),
);

/** The order in which the pods come: kube-scheduler places them so, and both sorted orders favour a side. Each seventh comes next, and seven has no divisor with their number in common. */
export const sizes: readonly Size[] = ordered.map((_, i) => ordered[(i * 7) % ordered.length]!);

/** Node pools among which our autoscaler chooses. All pods fit `general`, and most of them fit `compute`. */
export const fixedPools = { compute: { flavor: "c3-16" }, general: { flavor: "b3-32" }, small: { flavor: "c3-8" } };

/** Parts of a pod's spec: who orders its node. */
export const placements = {
  karpenter: { nodeSelector: { [poolLabels.karpenter]: "batch" } },
  autoscaler: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: poolLabels.autoscaler, operator: "In", values: Object.keys(fixedPools) }] }],
        },
      },
    },
  },
};

/** A Deployment for each size. @param replicas of each */
export const inflate = (placement: object, replicas: number, pinned = false): Inflate[] =>
  sizes.map(({ millicores, mebibytes }) => ({
    name: `${pinned ? "pinned" : "pods"}-${millicores}m-${mebibytes}mi`,
    replicas,
    cpu: `${millicores}m`,
    memory: `${mebibytes}Mi`,
    placement,
    pinned,
  }));

/** What so many pods of each size ask for together. */
export const needOf = (replicas: number): Amount => ({
  millicores: replicas * sizes.reduce((sum, { millicores }) => sum + millicores, 0),
  memory: replicas * sizes.reduce((sum, { mebibytes }) => sum + mebibytes * 2 ** 20, 0),
});
