import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawSvg } from "../../simulator/plots/svg";
import { timeDecisions } from "./decide";
import { measureLive } from "./live";
import { simulateTraces } from "./traces";
import { type Benchmark } from "../harness/result";

export const autoscaler: Benchmark = {
  name: "autoscaler",
  description: "traces under our policy, the seed's and cluster-autoscaler's; decision time; the real process at 5,000 pods",
  async measure(say) {
    const { figures, panels } = simulateTraces(say);
    const title = "Nodes over time under each policy, in simulated time";
    writeFileSync(join(__dirname, "..", "results", "autoscaler.svg"), drawSvg(title, panels, 2));
    return [...figures, ...timeDecisions(), ...(await measureLive(say))];
  },
};
