/** The dynamic providers of this folder, which load.cjs loads in a process that the engine starts. */
export { presence } from "./presence/presence-provider";
export { scaledResources } from "./presence/scaled-resources-provider";
