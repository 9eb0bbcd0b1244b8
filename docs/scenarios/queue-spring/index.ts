/** A queue of Spring Batch jobs in a stack of its own, on the cluster and the database of another stack, which has KEDA. */
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../../../components/batch";
import type { DatabaseOutputs } from "../../../components/database";
import { QueueJob } from "../../../components/keda/queue-job";
import { readInfrastructure } from "../infrastructure";

const config = new pulumi.Config();
const { output, cluster } = readInfrastructure();
const database = output<pulumi.Unwrap<DatabaseOutputs>>("database");

const common = {
  image: `${config.require("registry")}/spring-batch:${config.require("tag")}`,
  cpu: "250m",
  memory: "384Mi",
  envFrom: [database.passwordSecret],
};

/** The tables, once. */
const schema = new BatchJob("schema", {
  ...common,
  ...cluster,
  command: ["java", "-jar", "/app/app.jar"],
  env: { SPRING_PROFILES_ACTIVE: "schema" },
});

const billing = new QueueJob(
  "billing",
  {
    ...common,
    maxReplicas: 4,
    pollingSeconds: 5,
    itemTries: 3,
    taskDeadlineSeconds: 600,
    env: {
      SPRING_PROFILES_ACTIVE: "postgresql",
      // Each chunk makes the lease longer: it need not outlast the run.
      INVOICES_LEASE: "60s",
      // How long an invoice takes beside the database.
      INVOICES_WORK: config.get("work") ?? "0ms",
    },
    triggers: [
      {
        postgresql: {
          query: "SELECT count(*) FROM billing_runs WHERE status IN ('waiting', 'running')",
          host: database.host,
          port: database.port,
          user: database.user,
          database: database.database,
          sslMode: "require",
          password: { secret: database.passwordSecret, key: "PGPASSWORD" },
        },
      },
    ],
  },
  { provider: new Provider("cluster", { kubeconfig: cluster.kubeconfig }), dependsOn: schema },
);

module.exports = { queue: billing.resultsPrefix };
