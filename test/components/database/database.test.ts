import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { Database, type DatabaseArgs, ManagedDatabase } from "../../../components/database";
import { settingsOf } from "../../../components/database/pod";
import { masked, record, valueOf } from "../harness";
import { resourceMocks } from "../mocks";
import { databaseArgs, managedDatabaseArgs } from "../samples";

const create = (args: Partial<DatabaseArgs> = {}) =>
  record(() => new Database("d", { ...databaseArgs, ...args }), { resources: resourceMocks });
const createManaged = () => record(() => new ManagedDatabase("d", managedDatabaseArgs), { resources: resourceMocks });

interface PodSpec {
  readonly containers: readonly {
    readonly args: string[];
    readonly env?: object[];
    readonly envFrom?: object[];
  }[];
}
const jobPodOf = ({ inputs }: { inputs: Record<string, unknown> }): PodSpec =>
  (inputs.spec as { jobTemplate: { spec: { template: { spec: PodSpec } } } }).jobTemplate.spec.template.spec;

const outputsOf = ({ host, port, database, user, passwordSecret }: Database | ManagedDatabase): Promise<unknown[]> =>
  Promise.all([host, port, database, user, passwordSecret].map((one) => valueOf(one as pulumi.Output<unknown>)));

describe("Database", () => {
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

  it("tells programs where it is, and who they are there", async () => {
    expect(await outputsOf((await create()).result)).toEqual([
      "postgresql.database.svc.cluster.local",
      5432,
      "orders",
      "app",
      "postgresql",
    ]);
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

  it("refuses wrong args, all at once", async () => {
    const wrong = { database: "Orders", user: "postgres", memory: "64Mi", maxConnections: 5 };
    const failure = create({ ...wrong, backup: { ...databaseArgs.backup!, keep: 0 } });
    for (const property of ["database", "user", "memory", "maxConnections", "backup.keep"])
      await expect(failure).rejects.toThrow(new RegExp(`^  - ${property.replace(".", "\\.")} \\(`, "m"));
  });
});

describe("ManagedDatabase", () => {
  it("has a database of its own, and the same outputs", async () => {
    const { find, result } = await createManaged();
    expect(find("ovh:CloudProject/database:Database").inputs).toMatchObject({ version: "17" });
    expect(find("ovh:CloudProjectDatabase/databaseInstance:DatabaseInstance").inputs).toMatchObject({
      name: "orders",
      engine: "postgresql",
    });
    expect(await outputsOf(result)).toEqual(["postgresql-1.database.cloud.ovh.net", 20184, "orders", "avnadmin", "postgresql"]);
  });
});
