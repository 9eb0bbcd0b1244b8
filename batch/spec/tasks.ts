/** Which tasks a Job has, and what identifies each: its fingerprint. */
import { createHash } from "node:crypto";
import { type Environment } from "./environment";
import { BatchError } from "../../common/errors";
import { registryPrefix } from "../storage/keys";
import { type Parameters } from "./index";
import { mostTasks } from "./fields";
import { fill, glob } from "./pattern";
import { type Store } from "../storage/store";

export interface Task {
  /** For people: as given, else the object's name, else the task's number. */
  readonly name: string;
  readonly env: Environment;
  /** 32 hex digits of what decides the task's result. Two tasks of a Job never share one. */
  readonly fingerprint: string;
}

type JobParameters = Omit<Parameters, "store">;

/** Lists the Job's tasks; with `tasksFrom`, there is one for each object that is in the bucket now. */
export async function listTasks(parameters: JobParameters, store: Store): Promise<Task[]> {
  const tasks = parameters.tasksFrom ? await tasksFromObjects(parameters, parameters.tasksFrom, store) : givenTasks(parameters);
  const seen = new Map<string, string>();
  for (const { name, fingerprint } of tasks) {
    const twin = seen.get(fingerprint);
    if (twin) throw new BatchError(`tasks: '${name}' is the same as '${twin}'; give each task an env that differs`);
    seen.set(fingerprint, name);
  }
  return tasks;
}

function givenTasks(parameters: JobParameters): Task[] {
  const given = parameters.matrix ? combinations(parameters.matrix) : (parameters.tasks ?? [{ env: {} }]);
  const identify = fingerprinter(parameters);
  return given.map(({ name, env }, index) => ({ name: name ?? `task-${index}`, env, fingerprint: identify({ env }) }));
}

/** Every combination of the variables' values; the last variable changes fastest. */
function combinations(matrix: NonNullable<Parameters["matrix"]>): { name?: string; env: Environment }[] {
  let environments: Environment[] = [{}];
  for (const [variable, values] of Object.entries(matrix)) {
    environments = environments.flatMap((env) => values.map((value) => ({ ...env, [variable]: value })));
  }
  const nameOf = (env: Environment) =>
    Object.entries(env)
      .map(([variable, value]) => `${variable}=${value}`)
      .join();
  return environments.map((env) => ({ name: nameOf(env) || undefined, env }));
}

async function tasksFromObjects(parameters: JobParameters, from: NonNullable<Parameters["tasksFrom"]>, store: Store): Promise<Task[]> {
  const tasks: Task[] = [];
  let found = 0;
  const matches = glob(from.pattern);
  const identify = fingerprinter(parameters);
  const ours = [parameters.resultsPrefix, registryPrefix];
  await store.list(from.prefix, ({ key, etag }) => {
    const name = key.slice(from.prefix.length);
    // A key that ends with a slash is what some tools write for an empty folder.
    if (key.endsWith("/") || ours.some((prefix) => key.startsWith(prefix)) || !matches.test(name)) return;
    const env = Object.fromEntries(Object.entries(from.env).map(([variable, template]) => [variable, fill(template, key, from.prefix)]));
    found++;
    if (found <= mostTasks) tasks.push({ name, env, fingerprint: identify({ env, input: { key, etag } }) });
  });
  if (found > mostTasks)
    throw new BatchError(
      `tasksFrom: ${found} objects under '${from.prefix}' match, and a Job has at most ${mostTasks} tasks; narrow 'prefix' or 'pattern', or make several Jobs of them`,
    );
  return tasks.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether an image reference names another image whenever somebody pushes: the tag `latest`, or none, without a digest. */
export const isMoving = (image: string): boolean => !image.includes("@") && !/:(?!latest$)[^/:]+$/.test(image);

interface TaskParameters {
  readonly env: Environment;
  readonly input?: { readonly key: string; readonly etag: string };
}

/**
 * What decides a task's result: image, command, environment, input and volumes. Memory, pool, retries and names do not.
 * What came later is left out where it is not used: a record made before holds on.
 */
function fingerprinter(parameters: JobParameters): (task: TaskParameters) => string {
  const { image, command, shell, env, envFrom, secretEnv, volumes } = parameters;
  const sorted = <T>(values: Readonly<Record<string, T>>) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const secrets = sorted(secretEnv).map(([name, { secret, key }]) => [name, secret, key]);
  const claims = volumes.flatMap(({ claim, mountPath, subPath = "" }) => (claim === undefined ? [] : [[mountPath, claim, subPath]])).sort();
  const common = { image, command, shell, env: sorted(env), envFrom };
  const later = { ...(secrets.length > 0 && { secretEnv: secrets }), ...(claims.length > 0 && { volumes: claims }) };
  return ({ env, input }) => digest(JSON.stringify({ ...common, task: sorted(env), input, ...later })).slice(0, 32);
}

/** Identifies a set of tasks, whatever their order, and a variant of it: 10 hex digits. */
export const taskSet = (tasks: readonly Task[], variant = ""): string =>
  digest(
    tasks
      .map(({ fingerprint }) => fingerprint)
      .sort()
      .join() + variant,
  ).slice(0, 10);

/** Identifies a list of tasks in its order: 16 hex digits. */
export const taskList = (tasks: readonly Pick<Task, "fingerprint">[]): string =>
  digest(tasks.map(({ fingerprint }) => fingerprint).join()).slice(0, 16);

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
