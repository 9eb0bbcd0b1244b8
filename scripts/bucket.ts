// Says what is left of a bucket, and removes it: for after a `pulumi destroy` that stopped, or before one of a bucket with very many objects (docs/operations.md).
import { parseArgs } from "node:util";
import { reasonOf } from "../common/connection";
import { endpoints } from "../common/endpoints";
import { TokenError } from "../common/oauth2";
import { retry } from "../common/retry";
import { type Credentials, type SignIn, signInWith } from "../common/sign-in";
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

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly message: string;
}

class UsageError extends Error {}

/** A bucket of a project by OVHcloud's API, which knows versions whatever the rights of the bucket's S3 users are. */
class Bucket {
  private readonly signIn: SignIn;

  constructor(
    private readonly endpoint: string,
    credentials: Credentials,
    private readonly path: string,
  ) {
    this.signIn = signInWith(endpoint, credentials, timeout);
  }

  async exists(): Promise<boolean> {
    const { status, message } = await this.call("GET", "");
    if (status !== 200 && status !== 404) throw new Error(message);
    return status === 200;
  }

  /** Up to 1,000 objects, with all versions and delete markers. */
  async page(): Promise<readonly StoredObject[]> {
    const { status, body, message } = await this.call("GET", "/object?withVersions=true");
    if (status !== 200) throw new Error(message);
    return body as readonly StoredObject[];
  }

  async deleteObjects(objects: readonly StoredObject[]): Promise<Answer> {
    return this.call("POST", "/bulkDeleteObjects", { objects: objects.map(({ key, versionId }) => ({ key, versionId })) });
  }

  async delete(): Promise<Answer> {
    return this.call("DELETE", "");
  }

  /** All of these calls may be repeated: OVHcloud now and then answers 500, or nothing, while a large bucket is emptied. */
  private async call(method: string, suffix: string, content?: unknown): Promise<Answer> {
    const url = `${this.endpoint}${this.path}${suffix}`;
    const body = content === undefined ? "" : JSON.stringify(content);
    const ask = async (attempt: number): Promise<Answer> => {
      const { status, text } = await this.ask(method, url, body);
      const again = status >= 500 || status === 429 || (status >= 400 && this.signIn.refused(status));
      if (again && attempt < tries) throw new Error(`HTTP ${status}`);
      return { status, ...read(method, suffix, status, text) };
    };
    const again = (error: unknown): boolean => !(error instanceof TokenError);
    return retry(ask, { tries, pauses: (attempt) => 500 * attempt, again }).catch((error: unknown) => {
      throw new Error(`${method} …${suffix}: ${reasonOf(error)}`, { cause: error });
    });
  }

  private async ask(method: string, url: string, body: string): Promise<{ status: number; text: string }> {
    const headers = { ...(body && { "Content-Type": "application/json" }), ...(await this.signIn.headers({ method, url, body })) };
    const response = await fetch(url, { method, headers, body: body || undefined, signal: AbortSignal.timeout(timeout) });
    return { status: response.status, text: await response.text() };
  }
}

function read(method: string, suffix: string, status: number, text: string): { body: unknown; message: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const { message = text.slice(0, 200) } = (body ?? {}) as { message?: string };
  return { body, message: `${method} …${suffix}: HTTP ${status} ${message}` };
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
    const { status, message } = await bucket.deleteObjects(objects);
    if (status >= 300) return stopped(await bucket.page(), message);
    if (JSON.stringify(objects) === last) return stopped(objects, "OVHcloud says that it has deleted them, and still has them");
    last = JSON.stringify(objects);
    deleted += objects.length;
    process.stderr.write(`${plural(deleted, "object")} deleted\n`);
  }
  const { status, message } = await bucket.delete();
  if (status >= 300 && status !== 404) throw new Error(message);
  process.stdout.write(`the bucket ${name} is deleted\n`);
  return 0;
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
