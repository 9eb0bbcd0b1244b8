/**
 * The stack's PostgreSQL on the local cloud, in steps that build on each other: programs of a client namespace connect encrypted, data outlive the pod, backups go
 * into the bucket and come back, passwords change. Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { writeFileSync } from "node:fs";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { OutputMap, Stack } from "@pulumi/pulumi/automation";
import { portable } from "../../common/s3";
import { shutdown, startDaemon } from "../../local/daemon/control";
import { localEnvironment } from "../../local/environment";
import { imageReference } from "../../local/images";
import { exec, type ExecError } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { localOverrides } from "../../local/pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../local/pulumi/stack";
import { type Settings, loadSettings } from "../../local/lib/settings";
import { keepSettings } from "./kept-settings";
import { until } from "./until";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const putSettingsBack = keepSettings();
let settings: Settings;
let stack: Stack;
let environment: NodeJS.ProcessEnv;
let outputs: OutputMap;

async function up(database: object = {}) {
  writeStackConfig({
    ...localOverrides(settings),
    "ovh-mks-batch:pools": { system: { maxNodes: 1 }, compute: { maxNodes: 1 } },
    "ovh-mks-batch:controller": { enabled: false },
    "ovh-mks-batch:thumbnails": { enabled: false },
    "ovh-mks-batch:database": { enabled: true, name: "orders", volume: { size: "1Gi" }, memory: "256Mi", cpu: "100m", ...database },
  });
  const result = await update(stack, "up", progress.say);
  outputs = result.outputs;
  return result;
}

const kubectl = (...args: string[]): Promise<string> => exec("kubectl", args, { env: environment, timeout: 180_000 });
const inDatabase = (...args: string[]): Promise<string> => kubectl("--namespace", "database", ...args);

/** A pod of the namespace of batch Jobs that stays, with the variables of the Secret `postgresql`. */
async function client(name: string): Promise<void> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "batch" },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      nodeSelector: { nodepool: "system" },
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "main",
          image: imageReference("postgresql"),
          imagePullPolicy: "IfNotPresent",
          command: ["sleep", "3600"],
          envFrom: [{ secretRef: { name: "postgresql" } }],
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
  await exec("kubectl", ["apply", "--filename", "-"], { env: environment, input: JSON.stringify(pod), timeout: 60_000 });
  await kubectl("--namespace", "batch", "wait", "--for=condition=Ready", `pod/${name}`, "--timeout=120s");
}

/** What a program of the namespace of batch Jobs gets for a statement. @param variables of libpq in place of the Secret's */
const sql = (statement: string, name = "client", variables: readonly string[] = []): Promise<string> =>
  kubectl(
    "--namespace",
    "batch",
    "exec",
    name,
    "--",
    "env",
    ...variables,
    "psql",
    "--no-psqlrc",
    "-Atv",
    "ON_ERROR_STOP=1",
    "-c",
    statement,
  );

async function run(command: "backup" | "restore", name: string, backup?: string): Promise<string> {
  const template = await inDatabase("create", "job", name, `--from=cronjob/postgresql-${command}`, "--dry-run=client", "--output=json");
  const job = backup
    ? await exec("kubectl", ["set", "env", "--local", "-f", "-", `BACKUP=${backup}`, "-o", "json"], { env: environment, input: template })
    : template;
  await exec("kubectl", ["--namespace", "database", "apply", "--filename", "-"], { env: environment, input: job, timeout: 60_000 });
  await inDatabase("wait", "--for=condition=Complete", `job/${name}`, "--timeout=120s");
  return inDatabase("logs", `job/${name}`);
}

async function backups(): Promise<string[]> {
  const value = <T = string>(name: string): T => outputs[name]!.value as T;
  const credentials = value<{ accessKeyId: string; secretAccessKey: string }>("s3Credentials");
  const s3 = new S3Client({ endpoint: value("s3Endpoint"), region: value("s3Region"), ...portable, credentials });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: value("bucket"), Prefix: "database-backups/" }));
  return Contents.map(({ Key = "" }) => Key).sort();
}

beforeAll(async () => {
  await shutdown(progress);
  settings = loadSettings(paths.settings, { database: "on" });
  await startDaemon(progress, settings);
  const local = await localEnvironment(progress);
  environment = local;
  writeStackConfig(localOverrides(settings));
  stack = await openStack(local);
  await up();
  writeFileSync(paths.kubeconfig, outputs.kubeconfig!.value as string, { mode: 0o600 });
  await client("client");
});

afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

it("a program of a client namespace connects by its Secret, encrypted, and owns the database", async () => {
  expect(await sql("SELECT current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).toBe("app|orders|t\n");
  await sql(
    "CREATE TABLE orders (id serial PRIMARY KEY, item text); INSERT INTO orders (item) SELECT 'item ' || n FROM generate_series(1, 1000) n",
  );
  expect(await sql("SHOW shared_buffers")).toBe("64MB\n");
});

it("nobody connects in the clear, with a wrong password, or as the superuser", async () => {
  const refused = (text: string) => ({ stderr: expect.stringContaining(text) as string });
  await expect(sql("SELECT 1", "client", ["PGSSLMODE=disable", "PGCHANNELBINDING=disable"])).rejects.toMatchObject(
    refused("no encryption"),
  );
  await expect(sql("SELECT 1", "client", ["PGPASSWORD=wrong"])).rejects.toMatchObject(refused("password authentication failed"));
  await expect(sql("SELECT 1", "client", ["PGUSER=postgres"])).rejects.toMatchObject(refused("pg_hba.conf rejects connection"));
  await expect(sql("CREATE ROLE other")).rejects.toMatchObject(refused("permission denied"));
});

it("the data outlive the pod, which is not drained by the way", async () => {
  await expect(inDatabase("get", "poddisruptionbudget", "postgresql", "-o", "jsonpath={.status.disruptionsAllowed}")).resolves.toBe("0");
  await inDatabase("delete", "pod", "postgresql-0");
  const count = () => sql("SELECT count(*) FROM orders").catch(() => "");
  await until("it answers again", async () => (await count()) === "1000\n");
});

it("a backup is in the bucket, and comes back", async () => {
  expect(await run("backup", "first")).toMatch(/^database-backups\/orders\/\d{4}-.*\.dump: \d+ bytes\n$/);
  const [first] = await backups();
  await sql("UPDATE orders SET item = 'changed'; DROP TABLE IF EXISTS nothing; DELETE FROM orders WHERE id > 10");
  await run("backup", "second");
  await sql("DROP TABLE orders");
  expect(await run("restore", "newest")).toMatch(/restored\n$/);
  expect(await sql("SELECT count(*), min(item) FROM orders")).toBe("10|changed\n");
  await run("restore", "older", first);
  expect(await sql("SELECT count(*), min(item) FROM orders")).toBe("1000|item 1\n");
  await sql("INSERT INTO orders (item) VALUES ('more')");
});

it("the oldest backups go, and the role that makes them changes nothing", async () => {
  await up({ backup: { keep: 1 } });
  await run("backup", "third");
  expect(await backups()).toHaveLength(1);
  const privileges = "SELECT has_table_privilege('backup', 'orders', 'SELECT'), has_table_privilege('backup', 'orders', 'INSERT')";
  expect(await sql(privileges)).toBe("t|f\n");
});

it("a new password is in force once the pod has restarted, and the old one is not", async () => {
  const { deployment } = (await stack.exportStack()) as { deployment: { resources: { urn: string }[] } };
  const { urn } = deployment.resources.find((one) => one.urn.endsWith("::database-password"))!;
  await exec("pulumi", ["up", "--yes", "--skip-preview", "--stack", "local", "--config-file", paths.stackConfig, "--replace", urn], {
    cwd: paths.root,
    env: environment,
    timeout: 600_000,
  });
  let answer = "";
  // A server that does not answer yet says nothing of the password.
  await until("it answers the old password", async () => {
    answer = await sql("SELECT 1").catch(({ stderr }: ExecError) => stderr);
    return answer === "1\n" || answer.includes("password authentication failed");
  });
  expect(answer).toContain("password authentication failed");
  await client("later");
  expect(await sql("SELECT count(*) FROM orders", "later")).toBe("1001\n");
});

it("an up with nothing new changes nothing; a volume grows in place", async () => {
  expect((await up({ backup: { keep: 1 } })).counts).toEqual({ created: 0, updated: 0, deleted: 0, failed: 0 });
  expect((await up({ backup: { keep: 1 }, volume: { size: "2Gi" } })).counts).toMatchObject({ created: 0, deleted: 0, failed: 0 });
  await inDatabase("annotate", "pod", "postgresql-0", "looked-at=now");
  const size = () => inDatabase("get", "pvc", "postgresql", "-o", "jsonpath={.status.capacity.storage}");
  await until("the claim has grown", async () => (await size()) === "2Gi");
  expect(await sql("SELECT count(*) FROM orders", "later")).toBe("1001\n");
});
