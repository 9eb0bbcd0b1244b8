/** The local cloud's Kubernetes: a real control plane, real nodes, simulated ones beyond them, and OVHcloud's NodePool resource. */
export { LocalCluster, type LocalClusterOptions } from "./cluster";
export type { Images } from "./nodes/real-node";
