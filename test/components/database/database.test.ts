import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { Database, type DatabaseArgs, ManagedDatabase, type ManagedDatabaseArgs } from "../../../components/database";
import { settingsOf } from "../../../components/database/pod";
import { masked, record, valueOf } from "../harness";
import { resourceMocks } from "../mocks";
import { databaseArgs, managedDatabaseArgs } from "../samples";

const create = (args: Partial<DatabaseArgs> = {}) =>
  record(() => new Database("d", { ...databaseArgs, ...args }), { resources: resourceMocks });
const createManaged = (args: Partial<ManagedDatabaseArgs> = {}) =>
  record(() => new ManagedDatabase("d", { ...managedDatabaseArgs, ...args }), { resources: resourceMocks });

interface PodSpec {
  readonly containers: readonly {
    readonly args: string[];
    readonly env?: object[];
    readonly envFrom?: object[];
    readonly securityContext: object;
  }[];
  readonly securityContext: object;
}
const podOf = ({ inputs }: { inputs: Record<string, unknown> }): PodSpec => (inputs.spec as { template: { spec: PodSpec } }).template.spec;
const jobPodOf = ({ inputs }: { inputs: Record<string, unknown> }): PodSpec =>
  (inputs.spec as { jobTemplate: { spec: { template: { spec: PodSpec } } } }).jobTemplate.spec.template.spec;

describe("Database", () => {
  it("is one pod on a claim that grows in place, within the restricted standard", async () => {
    const { find } = await create({ volume: { size: "20Gi", className: "csi-cinder-high-speed-gen2" } });
    expect(find("kubernetes:core/v1:PersistentVolumeClaim").inputs.spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "csi-cinder-high-speed-gen2",
    });
    const stateful = find("kubernetes:apps/v1:StatefulSet");
    // A volume that a StatefulSet made could not grow: its template cannot change.
    expect(stateful.inputs.spec).not.toHaveProperty("volumeClaimTemplates");
    expect(stateful.inputs.spec).toMatchObject({ replicas: 1, serviceName: "postgresql" });
    const { securityContext, containers } = podOf(stateful);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" });
    expect(containers[0]!.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
  });

  it("runs as the user that its image has", () => {
    const dockerfile = readFileSync(join(__dirname, "..", "..", "..", "images", "postgresql", "Dockerfile"), "utf8");
    expect(dockerfile).toContain("useradd --uid 65532 --gid postgres");
    expect(dockerfile).toContain("\nUSER 65532:65532\n");
  });

  it("takes a quarter of its memory for shared buffers", () => {
    expect(settingsOf({ memory: "1Gi", maxConnections: 50 })).toEqual({
      shared_buffers: "256MB",
      effective_cache_size: "512MB",
      maintenance_work_mem: "64MB",
      max_connections: "50",
    });
  });

  it("shows no password but in Secrets", async () => {
    const { resources } = await create();
    expect(JSON.stringify(resources)).not.toMatch(/generated|s3-secret/);
    const secrets = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(secrets.map(({ inputs }) => inputs.stringData)).toEqual(secrets.map(() => masked));
  });

  it("gives each client namespace a Secret, and lets only their pods in", async () => {
    const { find, resources, result } = await create({ clientNamespaces: ["batch", "shop"] });
    const access = resources.filter(({ name }) => name.startsWith("d-access-"));
    expect(access.map(({ inputs }) => inputs.metadata)).toMatchObject([
      { name: "postgresql", namespace: "batch" },
      { name: "postgresql", namespace: "shop" },
    ]);
    const named = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "postgresql" } },
      ingress: [{ from: [{ podSelector: {} }, named("batch"), named("shop")], ports: [{ port: "postgresql" }] }],
    });
    const { host, port, database, user, passwordSecret } = result;
    expect(await Promise.all([host, port, database, user, passwordSecret].map((one) => valueOf(one as pulumi.Output<unknown>)))).toEqual([
      "postgresql.database.svc.cluster.local",
      5432,
      "orders",
      "app",
      "postgresql",
    ]);
  });

  it("is not drained by the way", async () => {
    const { find } = await create();
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({ minAvailable: 1 });
  });

  it("makes backups by a role that only reads, and restores by the owner, when a person asks", async () => {
    const { find } = await create();
    const backup = find("kubernetes:batch/v1:CronJob", "d-backup");
    const restore = find("kubernetes:batch/v1:CronJob", "d-restore");
    expect(backup.inputs.spec).toMatchObject({ schedule: "0 3 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid", suspend: false });
    expect(restore.inputs.spec).toMatchObject({ suspend: true });
    const secrets = (name: string) => [{ secretRef: { name } }, { secretRef: { name: "s3-credentials" } }];
    expect(jobPodOf(backup).containers[0]).toMatchObject({ args: ["backup"], envFrom: secrets("postgresql-backup") });
    expect(jobPodOf(restore).containers[0]).toMatchObject({ args: ["restore"], envFrom: secrets("postgresql-restore") });
    expect(jobPodOf(backup).containers[0]!.env).toEqual([
      { name: "BACKUPS_PREFIX", value: "database-backups/orders/" },
      { name: "BACKUPS_KEEP", value: "14" },
    ]);
  });

  it("has neither without a bucket", async () => {
    const { resources } = await create({ backup: undefined });
    expect(resources.filter(({ type, name }) => type.includes("CronJob") || name.includes("s3"))).toEqual([]);
  });

  it("keeps its volume where it is protected", async () => {
    const { find } = await create({ protected: true });
    expect(find("kubernetes:core/v1:PersistentVolumeClaim").options).toMatchObject({ protect: true, retainOnDelete: true });
  });

  it("refuses wrong args, all at once", async () => {
    const wrong = { database: "Orders", user: "postgres", memory: "64Mi", volume: { size: "much" }, maxConnections: 5 };
    const failure = create({ ...wrong, backup: { ...databaseArgs.backup!, keep: 0 } });
    for (const property of ["database", "user", "memory", "volume.size", "maxConnections", "backup.keep"])
      await expect(failure).rejects.toThrow(new RegExp(`^  - ${property.replace(".", "\\.")} \\(`, "m"));
  });
});

describe("ManagedDatabase", () => {
  it("has a node for each that its plan has, and the same outputs", async () => {
    const { find, result, resources } = await createManaged({ plan: "business" });
    expect(find("ovh:CloudProject/database:Database").inputs).toMatchObject({
      engine: "postgresql",
      version: "17",
      plan: "business",
      nodes: [{ region: "GRA" }, { region: "GRA" }],
      ipRestrictions: [{ ip: "203.0.113.7/32" }],
      deletionProtection: false,
    });
    expect(find("ovh:CloudProjectDatabase/databaseInstance:DatabaseInstance").inputs).toMatchObject({
      name: "orders",
      engine: "postgresql",
    });
    const { host, port, database, user, passwordSecret } = result;
    expect(await Promise.all([host, port, database, user, passwordSecret].map((one) => valueOf(one as pulumi.Output<unknown>)))).toEqual([
      "postgresql-1.database.cloud.ovh.net",
      20184,
      "orders",
      "avnadmin",
      "postgresql",
    ]);
    expect(JSON.stringify(resources)).not.toContain("made by OVHcloud");
    expect(find("kubernetes:core/v1:Secret").inputs.metadata).toMatchObject({ name: "postgresql", namespace: "batch" });
  });

  it("is protected on both sides", async () => {
    const { find } = await createManaged({ protected: true });
    const { inputs, options } = find("ovh:CloudProject/database:Database");
    expect([inputs.deletionProtection, options.protect]).toEqual([true, true]);
  });

  it("refuses to let nobody in", async () =>
    expect(createManaged({ ipRestrictions: [] })).rejects.toThrow(/ipRestrictions .* must have at least one range/));
});
