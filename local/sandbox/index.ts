/** The sandbox: namespaces, a network and cgroups in which the local cloud's Kubernetes runs and outside of which it leaves no trace. */
export { Sandbox, type SpawnOptions } from "./sandbox";
