/** Real Karpenter with this project's provider, on simulated nodes: what its nodes cost, and whether it leaves alone what must stay. */
import { nodePool, startKarpenterCloud } from "../../local/demo/karpenter/cloud";
import { readPrices } from "../../local/demo/karpenter/prices";
import { onOwnCloud } from "../harness/cloud";
import { type Benchmark } from "../harness/result";
import { cheapestCover } from "./bound";
import { busyNodesRemoved, pinnedPodsLost } from "./busy";
import { figures } from "./figures";
import { readOffers } from "./ovh";
import { fixedPools, inflate, needOf, placements, sizes } from "./pods";
import { Run } from "./run";
import { Watch } from "./watch";

/** Pods of each size, and those of them that stay. */
const replicas = 5;
const rest = 1;

export const karpenter: Benchmark = {
  name: "karpenter",
  description:
    "100 pods of mixed size on nodes that Karpenter chooses: cost to the cheapest possible, after consolidation too, busy nodes removed, memory",
  measure: (say) =>
    onOwnCloud(say, async (progress) => {
      const cloud = await startKarpenterCloud(progress, {}, fixedPools);
      const prices = await readPrices(false);
      const offers = await readOffers(cloud.clusterId, prices);
      const watch = new Watch(cloud.client);
      const run = new Run(cloud, watch, prices, say);

      const pods = inflate(placements.karpenter, replicas);
      const filled = await run.fill("Karpenter", pods);
      const consolidated = await run.shrink(pods, rest);
      await run.empty();

      const movable = inflate(placements.karpenter, replicas - 1);
      watch.forget();
      await run.fill("Karpenter, a fifth of the pods pinned", [...movable, ...inflate(placements.karpenter, 1, true)]);
      await run.shrink(movable, rest);
      const { states } = watch;
      watch.forget();
      await run.empty();

      const peer = await run.fill("the autoscaler", inflate(placements.autoscaler, replicas));
      const bounds = { filled: cheapestCover(needOf(replicas), offers), consolidated: cheapestCover(needOf(rest), offers) };
      const pools = Object.values(fixedPools)
        .map(({ flavor }) => flavor)
        .join(", ");
      return figures(
        {
          ...{ filled, consolidated, peer, bounds, memory: watch.memory, pinned: sizes.length },
          busyNodesRemoved: busyNodesRemoved(states),
          pinnedPodsLost: pinnedPodsLost(states),
        },
        nodePool.families,
        pools,
      );
    }),
};
