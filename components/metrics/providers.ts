/** The dynamic providers of this folder, which load.cjs loads in a process that the engine starts. */
export { certificate } from "./certificate/certificate-provider";
export { metricsApi } from "./metrics-api/metrics-api-provider";
