/** Two batch Jobs in a stack of their own, on the cluster and the bucket of another stack. */
import * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../../../components/batch";
import { readInfrastructure } from "../infrastructure";

const config = new pulumi.Config();
const samples = config.get("samples") ?? "1000";
const seeds = ["1", "2", "3"];

const common = {
  ...readInfrastructure().cluster,
  image: config.require("image"),
  imagePullSecrets: ["sh-k8s-registry-secret"],
  envFrom: ["s3-credentials"],
  cpu: "100m",
  memory: "64Mi",
  retries: 0,
};

const parts = new BatchJob("parts", {
  ...common,
  env: { SAMPLES: samples },
  matrix: { SEED: seeds },
  shell: "estimate-pi chain/$SEED.json",
});

const mean = `for seed in ${seeds.join(" ")}; do get chain/$seed.json; done |
  awk -F '[:}]' '{ sum += $(NF - 1) } END { printf "{\\"parts\\":%d,\\"pi\\":%.6f}\\n", NR, sum / NR }' >/tmp/mean.json &&
  put /tmp/mean.json chain/mean.json`;

const total = new BatchJob(
  "total",
  { ...common, env: { PARTS: parts.jobName }, shell: `set -o pipefail; ${mean}`, after: ["parts"] },
  { dependsOn: parts },
);

module.exports = { mean: total.taskResults.apply(([task]) => task?.outputs[0]?.key) };
