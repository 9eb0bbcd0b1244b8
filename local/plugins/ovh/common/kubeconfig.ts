import { type Properties, secret } from "../../protocol/values";

interface Kubeconfig {
  readonly clusters?: readonly { readonly cluster?: { readonly server?: string; readonly "certificate-authority-data"?: string } }[];
  readonly users?: readonly { readonly user?: { readonly "client-certificate-data"?: string; readonly "client-key-data"?: string } }[];
}

/** The outputs `kubeconfig` and `kubeconfigAttributes` of a cluster, both secret. */
export async function kubeconfigOutputs(content: string): Promise<Properties> {
  const { parse } = await import("yaml");
  const { clusters, users } = parse(content) as Kubeconfig;
  const [cluster, user] = [clusters?.[0]?.cluster, users?.[0]?.user];
  if (!cluster || !user) throw new Error("the API answered a kubeconfig without a cluster or a user");
  const attributes = {
    host: cluster.server,
    clusterCaCertificate: cluster["certificate-authority-data"],
    clientCertificate: user["client-certificate-data"],
    clientKey: user["client-key-data"],
  };
  return { kubeconfig: secret(content), kubeconfigAttributes: secret([attributes]) };
}
