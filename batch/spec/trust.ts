/**
 * What an entry in the bucket may not decide. Whoever can write there, or could once, would else choose the namespace in which Jobs are cancelled, and the
 * service account and the Secrets that a pod gets: these are the connection's, or are given by whoever runs the command.
 */
import { type Parameters } from "./index";
import { pullSecretName, s3SecretName } from "./secrets";

/** What is wrong with the namespace that an entry names, if anything is. @param namespace that of the connection */
export const foreignNamespace = (
  { name, namespace: named }: Pick<Parameters, "name" | "namespace">,
  namespace: string,
): string | undefined =>
  named === namespace
    ? undefined
    : `${name}: its entry in the bucket names the namespace '${named}', and the connection has '${namespace}'; if the Job is there, give --namespace ${named}`;

/** What may be allowed, as it is written. */
export const grantPattern = /^(?:secret|serviceaccount)\/[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/;

/**
 * What an entry's pods would be given that is not the connection's, a line for each: a service account, or a Secret other than those that the stack makes.
 * @param allowed what is right all the same, such as `secret/tokens` or `serviceaccount/robot`
 */
export function foreignRights(parameters: Parameters, allowed: readonly string[]): string[] {
  const { name, serviceAccount, envFrom, secretEnv, imagePullSecrets } = parameters;
  const read = [...envFrom, ...Object.values(secretEnv).map(({ secret }) => secret)];
  const wanted = new Set([
    ...(serviceAccount === undefined ? [] : [`serviceaccount/${serviceAccount}`]),
    // The registry's account is for the kubelet, not for tasks.
    ...read.filter((secret) => secret !== s3SecretName).map((secret) => `secret/${secret}`),
    ...imagePullSecrets.filter((secret) => secret !== pullSecretName).map((secret) => `secret/${secret}`),
  ]);
  const faults = [...wanted].filter((right) => !allowed.includes(right));
  return faults.map((right) => {
    const [kind, what] = right.split("/");
    const shown = kind === "secret" ? `the Secret '${what}', which is not one of the stack's` : `the service account '${what}'`;
    return `${name}: its entry in the bucket names ${shown}; if its tasks shall have it, give --allow ${right}`;
  });
}
