/** KEDA, which starts Jobs by the length of a queue: its operator, and the two programs more that it needs to serve ScaledObjects. */
export { Keda, type KedaArgs } from "./keda";
export { KedaMetricsAdapter, type KedaMetricsAdapterArgs } from "./metrics-adapter";
export { kedaNamespace } from "./pod";
export { KedaWebhooks } from "./webhooks";
