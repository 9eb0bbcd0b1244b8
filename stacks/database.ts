import * as pulumi from "@pulumi/pulumi";
import { regionFacts } from "../common/regions";
import { Database, type DatabaseArgs, type DatabaseOutputs, ManagedDatabase } from "../components/database";
import type { PrivateNetwork } from "../components/network";
import type { Settings } from "./config";
import { accountOf } from "./images";
import { createInCluster } from "./metrics";
import { taintsOf } from "./pools";

export const databaseNamespace = "database";

export interface DatabaseParts {
  readonly network: PrivateNetwork | undefined;
  readonly bucket: NonNullable<DatabaseArgs["backup"]>["bucket"];
}

/** The database of the stack, in a namespace of its own or at OVHcloud. Undefined without one. */
export function createDatabase(
  settings: Settings,
  parts: DatabaseParts,
  opts: {
    readonly providers: pulumi.ProviderResource[];
    readonly kubernetes: pulumi.ProviderResource;
    readonly dependsOn: pulumi.Resource[];
  },
): DatabaseOutputs | undefined {
  const { enabled, kind, name: database, user, clientNamespaces, protected: isProtected } = settings.database;
  if (!enabled) return undefined;
  const common = { database, clientNamespaces, protected: isProtected };
  const { providers, dependsOn } = opts;
  if (kind === "managed") return createManaged(settings, common, parts, { providers, dependsOn });
  const { images, pools } = settings;
  const { volume, cpu, memory, maxConnections, backup } = settings.database;
  const inside = { providers: [opts.kubernetes], dependsOn };
  const { namespace, imagePullSecrets } = createInCluster(databaseNamespace, accountOf(images), inside);
  const { enabled: isBackedUp, schedule, keep } = backup;
  const args: DatabaseArgs = {
    ...common,
    user,
    namespace: namespace.metadata.name,
    imagePullSecrets,
    image: `${images.registry}/postgresql:${images.tag}`,
    pool: "system",
    poolTaints: taintsOf(pools.system),
    volume,
    cpu,
    memory,
    maxConnections,
    ...(isBackedUp && { backup: { schedule, keep, bucket: parts.bucket } }),
  };
  return new Database("database", args, { ...inside, dependsOn: [...dependsOn, namespace] });
}

function createManaged(
  { serviceName, region, database }: Settings,
  common: Pick<DatabaseArgs, "database" | "clientNamespaces" | "protected">,
  { network }: DatabaseParts,
  opts: pulumi.ComponentResourceOptions,
): ManagedDatabase {
  const { managed } = database;
  const gateway = network && [pulumi.interpolate`${network.gatewayAddress}/32`];
  const args = {
    ...common,
    ...managed,
    serviceName,
    region: managed.region ?? regionFacts(region)?.storage ?? region,
    ipRestrictions: [...managed.ipRestrictions, ...(gateway ?? [])],
  };
  return new ManagedDatabase("database", args, opts);
}
