import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import type { Fault } from "../pulumi/faults";

/** What all of OVHcloud's managed services of the product "databases" have, Kafka's included. */

export interface ManagedClusterArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** Region of the nodes, e.g. `GRA`. */
  readonly region: pulumi.Input<string>;
  /** Flavor of the nodes, e.g. `db1-4`. */
  readonly flavor: pulumi.Input<string>;
  /** Version of the service's program, e.g. `17` of PostgreSQL. */
  readonly version: pulumi.Input<string>;
  /** Address ranges that may connect. OVHcloud refuses everyone else. */
  readonly ipRestrictions: readonly pulumi.Input<string>[];
  /** OVHcloud refuses to delete it. @default false */
  readonly protected?: boolean;
}

interface Service {
  readonly engine: "postgresql" | "kafka";
  readonly plan: string;
  /** How many nodes the plan has. @see https://docs.ovhcloud.com/en/guides/public-cloud/databases */
  readonly nodes: number;
}

/** @param name start of Pulumi's names, and what OVHcloud shows */
export function createManagedCluster(
  parent: pulumi.Resource,
  name: string,
  { serviceName, region, flavor, version, ipRestrictions, protected: isProtected = false }: ManagedClusterArgs,
  { engine, plan, nodes }: Service,
): ovh.cloudproject.Database {
  return new ovh.cloudproject.Database(
    `${name}-cluster`,
    {
      serviceName,
      description: name,
      engine,
      version,
      plan,
      flavor,
      nodes: Array.from({ length: nodes }, () => ({ region })),
      ipRestrictions: ipRestrictions.map((ip) => ({ ip })),
      deletionProtection: isProtected,
    },
    { parent, protect: isProtected },
  );
}

/** Where clients connect. @param what of which OVHcloud must name an address */
export const endpointOf = (cluster: ovh.cloudproject.Database, name: string, engine: Service["engine"], what: string) =>
  cluster.endpoints.apply((endpoints) => {
    const found = endpoints.find(({ component }) => component === engine) ?? endpoints[0];
    if (!found) throw new pulumi.RunError(`${name}: OVHcloud names no address of ${what}`);
    return found;
  });

export function restrictionFaults({ ipRestrictions }: Pick<ManagedClusterArgs, "ipRestrictions">): Fault[] {
  const needed = "must have at least one range: OVHcloud lets nobody connect without";
  return ipRestrictions.length > 0 ? [] : [{ property: "ipRestrictions", value: ipRestrictions, rule: needed }];
}
