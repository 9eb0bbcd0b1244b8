/** What tells how much is in use, and what scales services by it. */
export { AggregatedApi, type AggregatedApiArgs } from "./aggregated-api";
export { ServingCertificate, type ServingCertificateArgs } from "./certificate/serving-certificate";
export { MetricsApi, type MetricsApiArgs } from "./metrics-api/metrics-api";
export { MetricsServer, type MetricsServerArgs } from "./metrics-server";
export { Prometheus, type PrometheusArgs } from "./prometheus";
export { PrometheusAdapter, type PrometheusAdapterArgs } from "./prometheus-adapter";
export { AutoscaledService, type AutoscaledServiceArgs } from "./service";
