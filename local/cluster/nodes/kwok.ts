import { join } from "node:path";
import { type ControlPlaneParts, cgroup } from "../control-plane/control-plane";
import { kwokAnnotation } from "./node-object";
import type { Service } from "../control-plane/supervisor";

/** Plays the kubelets of all simulated nodes, whose pods start and end without running anything. */
export function kwok({ tool, identities }: ControlPlaneParts): Service {
  const argv = [
    `--kubeconfig=${identities.kubeconfigFile("kwok")}`,
    "--manage-all-nodes=false",
    `--manage-nodes-with-annotation-selector=${kwokAnnotation}=fake`,
    "--node-lease-duration-seconds=0",
    `--config=${join(__dirname, "kwok-stages.yaml")}`,
  ];
  return { name: "kwok", command: () => [tool("kwok"), ...argv], options: { cgroup } };
}
