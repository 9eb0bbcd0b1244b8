import * as networking from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";

interface Isolation {
  /** Of the NetworkPolicy. */
  readonly metadata: input.meta.v1.ObjectMeta;
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
  /** Name of the port that it may connect to. @default any */
  readonly port?: string;
}

/**
 * A NetworkPolicy for all pods of a namespace: nothing may connect to them but a Prometheus that is named; they may reach anything but the metadata
 * service, which hands out the node's own credentials.
 */
export function isolate(parent: pulumi.Resource, name: string, { metadata, scrapedFrom, port }: Isolation): networking.NetworkPolicy {
  const prometheus = scrapedFrom !== undefined && {
    from: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": scrapedFrom } },
        podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
      },
    ],
    ...(port !== undefined && { ports: [{ port, protocol: "TCP" }] }),
  };
  return new networking.NetworkPolicy(
    name,
    {
      metadata,
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ...(prometheus && { ingress: [prometheus] }),
        egress: [
          { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.169.254/32"] } }] },
          // Where Cilium is the network, an ipBlock matches no pod: the cluster's own DNS and Services need a rule of their own.
          { to: [{ namespaceSelector: {} }] },
        ],
      },
    },
    { parent },
  );
}
