// Says what is left of a bucket, and removes it: for after a `pulumi destroy` that stopped, or before one of a bucket with very many objects (docs/operations.md).
import { parseArgs } from "node:util";
import { endpoints } from "../common/endpoints";
import { type Method, OvhApi } from "../common/ovh/client";
import { OvhError } from "../common/ovh/errors";
import type { Credentials } from "../common/ovh/sign-in";
import { plural } from "../common/text";

const usage = `usage: npm run --silent bucket -- <check|empty> --project <project id> --region <Object Storage region> --bucket <name>
  check  says whether the bucket is there, and what is in it
  empty  deletes all objects, versions and delete markers in it, and the bucket
Sign-in: OVH_ENDPOINT, and OVH_CLIENT_ID and OVH_CLIENT_SECRET, or OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY.`;

/** Milliseconds that one call may take: OVHcloud deletes up to 1,000 objects in one. */
const timeout = 120_000;
const tries = 5;

interface StoredObject {
  readonly key: string;
  readonly versionId?: string;
  readonly isDeleteMarker?: boolean;
  readonly isLatest?: boolean;
}

class UsageError extends Error {}

/** A bucket of a project by OVHcloud's API, which knows versions whatever the rights of the bucket's S3 users are. */
class Bucket {
  private readonly api: OvhApi;

  constructor(
    endpoint: string,
    credentials: Credentials,
    private readonly path: string,
  ) {
    this.api = new OvhApi(endpoint, credentials, { timeout, tries });
  }

  async exists(): Promise<boolean> {
    return (await this.unless(404, this.call("GET", ""))) === undefined;
  }

  /** Up to 1,000 objects, with all versions and delete markers. */
  page(): Promise<readonly StoredObject[]> {
    return this.call<readonly StoredObject[]>("GET", "/object?withVersions=true");
  }

  /** @throws {OvhError} when OVHcloud refuses, e.g. because an object is locked */
  async deleteObjects(objects: readonly StoredObject[]): Promise<void> {
    await this.call("POST", "/bulkDeleteObjects", { objects: objects.map(({ key, versionId }) => ({ key, versionId })) });
  }

  /** Does nothing where the bucket is gone. */
  async delete(): Promise<void> {
    await this.unless(404, this.call("DELETE", ""));
  }

  /** The error with this status that a call ends with, if it does. */
  private unless(status: number, call: Promise<unknown>): Promise<OvhError | undefined> {
    return call.then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof OvhError && error.status === status) return error;
        throw error;
      },
    );
  }

  /** All of these calls may be repeated: OVHcloud now and then answers 500, or nothing, while a large bucket is emptied. */
  private call<T>(method: Method, suffix: string, content?: unknown): Promise<T> {
    return this.api.request<T>(method, `${this.path}${suffix}`, content, { repeatable: true }).catch((error: unknown) => {
      if (error instanceof Error) error.message = error.message.replace(this.path, "…");
      throw error;
    });
  }
}

/** e.g. `at least 1000 objects: 3 current, 990 old versions, 7 delete markers` */
function describe(objects: readonly StoredObject[]): string {
  const markers = objects.filter(({ isDeleteMarker }) => isDeleteMarker).length;
  const current = objects.filter(({ isDeleteMarker, isLatest }) => !isDeleteMarker && isLatest !== false).length;
  const parts = [`${current} current`, plural(objects.length - current - markers, "old version"), plural(markers, "delete marker")];
  return `${objects.length >= 1000 ? "at least " : ""}${plural(objects.length, "object")}: ${parts.join(", ")}`;
}

async function check(bucket: Bucket, name: string, command: string): Promise<number> {
  if (!(await bucket.exists())) {
    process.stdout.write(`the bucket ${name} is gone\n`);
    return 0;
  }
  const objects = await bucket.page();
  process.stdout.write(
    `the bucket ${name} is there, with ${objects.length === 0 ? "nothing in it" : describe(objects)}\nTo delete it with all that is in it: ${command}\n`,
  );
  return 1;
}

async function empty(bucket: Bucket, name: string): Promise<number> {
  if (!(await bucket.exists())) return check(bucket, name, "");
  let deleted = 0;
  for (let last = ""; ;) {
    const objects = await bucket.page();
    if (objects.length === 0) break;
    const refusal = await bucket.deleteObjects(objects).catch(asRefusal);
    if (refusal) return stopped(await bucket.page(), refusal.message);
    if (JSON.stringify(objects) === last) return stopped(objects, "OVHcloud says that it has deleted them, and still has them");
    last = JSON.stringify(objects);
    deleted += objects.length;
    process.stderr.write(`${plural(deleted, "object")} deleted\n`);
  }
  await bucket.delete();
  process.stdout.write(`the bucket ${name} is deleted\n`);
  return 0;
}

function asRefusal(error: unknown): OvhError {
  if (error instanceof OvhError) return error;
  throw error;
}

/** A lock is the one thing that nobody can lift here. */
function stopped(left: readonly StoredObject[], why: string): number {
  process.stderr.write(
    `${why}\nLeft: ${describe(left)}; the first is ${left[0]?.key ?? ""}.\n` +
      "A locked object can be deleted when its lock ends, storage.objectLock.days after it was written: run the same command again then.\n",
  );
  return 1;
}

function credentialsOf(env: NodeJS.ProcessEnv): { endpoint: string; credentials: Credentials } {
  const value = (name: string): string => env[name] ?? "";
  const endpoint = (endpoints[value("OVH_ENDPOINT")] ?? value("OVH_ENDPOINT")).replace(/\/$/, "");
  if (!/^https?:/.test(endpoint)) throw new UsageError(`OVH_ENDPOINT (${endpoint}) must be ${Object.keys(endpoints).join(", ")} or a URL`);
  const account = { clientId: value("OVH_CLIENT_ID"), clientSecret: value("OVH_CLIENT_SECRET") };
  const key = {
    applicationKey: value("OVH_APPLICATION_KEY"),
    applicationSecret: value("OVH_APPLICATION_SECRET"),
    consumerKey: value("OVH_CONSUMER_KEY"),
  };
  const whole = [account, key].find((way) => Object.values(way).every((part) => part !== ""));
  if (!whole) throw new UsageError("the environment has no credentials");
  return { endpoint, credentials: whole };
}

async function main(): Promise<number> {
  try {
    const options = { project: { type: "string" }, region: { type: "string" }, bucket: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { project = "", region = "", bucket: name = "" } = values;
    const [verb] = positionals;
    if (positionals.length !== 1 || (verb !== "check" && verb !== "empty")) throw new UsageError("say check or empty");
    for (const [option, value] of Object.entries({ project, region, bucket: name }))
      if (value === "") throw new UsageError(`--${option} is missing`);
    const { endpoint, credentials } = credentialsOf(process.env);
    const [projectPart, regionPart, namePart] = [project, region, name].map(encodeURIComponent);
    const bucket = new Bucket(endpoint, credentials, `/cloud/project/${projectPart}/region/${regionPart}/storage/${namePart}`);
    const command = `npm run --silent bucket -- empty --project ${project} --region ${region} --bucket ${name}`;
    return await (verb === "check" ? check(bucket, name, command) : empty(bucket, name));
  } catch (error) {
    const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    process.stderr.write(`${(error as Error).message}\n${isUsage ? `${usage}\n` : ""}`);
    return isUsage ? 2 : 4;
  }
}

void main().then((status) => (process.exitCode = status));
