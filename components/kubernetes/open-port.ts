import * as networking from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";

interface Opening {
  /** Of the NetworkPolicy. */
  readonly metadata: input.meta.v1.ObjectMeta;
  /** Of the pods. */
  readonly labels: Record<string, string>;
  /** Name of the port of their container. */
  readonly port: string;
  /** Who may connect. @default anyone */
  readonly from?: input.networking.v1.NetworkPolicyPeer[];
}

/** A NetworkPolicy that lets others connect to one port of pods, and to nothing else of them. */
export function openPort(parent: pulumi.Resource, name: string, { metadata, labels, port, from }: Opening): networking.NetworkPolicy {
  const ingress = [{ ...(from && { from }), ports: [{ port, protocol: "TCP" }] }];
  return new networking.NetworkPolicy(
    name,
    { metadata, spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress"], ingress } },
    { parent },
  );
}
