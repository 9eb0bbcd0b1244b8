import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawSvg } from "../simulator/plots/svg";
import { timeDecisions } from "./autoscaler-decide";
import { measureLive } from "./autoscaler-live";
import { simulateTraces } from "./autoscaler-traces";
import { type Benchmark } from "./result";

export const autoscaler: Benchmark = {
  name: "autoscaler",
  description: "traces under our policy, the seed's and cluster-autoscaler's; decision time; the real process at 5,000 pods",
  async measure(say) {
    const { figures, panels } = simulateTraces(say);
    const title = "Nodes over time under each policy, in simulated time";
    writeFileSync(join(__dirname, "results", "autoscaler.svg"), drawSvg(title, panels, 2));
    return [...figures, ...timeDecisions(), ...(await measureLive(say))];
  },
};
