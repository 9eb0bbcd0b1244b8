import * as pulumi from "@pulumi/pulumi";

/**
 * The stack with the cluster, as programs beside it read it: it has the same name as theirs, or the one that their configuration `infrastructure` says,
 * on Pulumi Cloud `<organization>/ovh-mks-batch/dev`.
 *
 * @returns any of its outputs, and what every `BatchJob` needs of them
 */
export function readInfrastructure() {
  const name = new pulumi.Config().get("infrastructure") ?? `organization/ovh-mks-batch/${pulumi.getStack()}`;
  const stack = new pulumi.StackReference(name);
  const output = <T = string>(key: string): pulumi.Output<T> => stack.requireOutput(key) as pulumi.Output<T>;
  const { accessKeyId, secretAccessKey } = output<{ accessKeyId: string; secretAccessKey: string }>("s3Credentials");
  const store = { endpoint: output("s3Endpoint"), region: output("s3Region"), bucket: output("bucket"), accessKeyId, secretAccessKey };
  return { output, cluster: { kubeconfig: output("kubeconfig"), store } };
}
