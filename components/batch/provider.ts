/**
 * The dynamic provider of {@link BatchJob}, loaded by load.cjs in a process that the engine starts. Imports only types of Pulumi, and clients when they are
 * needed: on an `up` without changes only `check` and `diff` run.
 */
import { randomUUID } from "node:crypto";
import { type dynamic } from "@pulumi/pulumi";
import { noun, verb } from "../../common/text";
import {
  BatchError,
  cancel,
  collect,
  createReporter,
  describeFailures,
  isScheduled,
  isTakenOver,
  listTasks,
  loadJob,
  messageOf,
  type Parameters,
  plural,
  readSchedule,
  type Reporter,
  type Result,
  run,
  schedule,
  type ScheduledResult,
  scheduledResult,
  taskSet,
} from "../../batch";
import { type Cluster } from "../../kubernetes/cluster";
import { connect } from "../../kubernetes/connect";
import { type Timing } from "../../kubernetes/client";
import { openBucket } from "../../batch/storage/s3/store";
import { type Store, StoreError } from "../../batch/storage/store";
import { printable } from "../../common/printable";
import { createEngineLog } from "../pulumi/engine-log";
import { createForesight } from "./foresee";
import { firstAnswer, isGone } from "./gone";
import { checkInputs, idOf, type Inputs, parametersOf, type ProgramInputs, sameInputs } from "./inputs";
import { isSettled, nothingYet, type Outputs, outputsOf } from "./outputs";
import { hasUnknown, isUnknown } from "./values";

export { type Inputs } from "./inputs";
export { type Outputs } from "./outputs";

/** Where clients come from; a test has its own. */
export interface Clients {
  readonly connect: (kubeconfig: string, timing?: Timing) => Cluster;
  /** @param say told while it does not answer */
  readonly openStore: (settings: Parameters["store"], say?: (text: string) => void) => Store;
  /** Shows a line; see {@link EngineLog}. */
  readonly write: (line: string, isPassing?: boolean) => unknown;
}

export function createProvider(clients: Clients): dynamic.ResourceProvider<Inputs, Outputs> {
  // An update does what its preview foretold, and tells so itself.
  let inPreview = false;
  const foresee = createForesight(clients, ({ name }, text, isPassing) => clients.write(`${name}: ${text}`, isPassing));

  const withReporter = async <T>(name: string, work: (reporter: Reporter) => Promise<T>): Promise<T> => {
    let written: unknown;
    const reporter = createReporter(name, (line, isPassing) => (written = clients.write(line, isPassing)));
    try {
      return await work(reporter);
    } finally {
      reporter.stop();
      // Once it is answered, the engine may end this process.
      await written;
    }
  };

  /** Runs what is to run. A fault carries all that the engine needs to record the resource as not initialised: the next `up` updates it. */
  const runToEnd = (inputs: Inputs, owner: string = randomUUID()): Promise<Outputs> =>
    withReporter(inputs.name, async (reporter) => {
      let outputs: Outputs = { ...inputs, ...nothingYet, __owner: owner };
      try {
        const parameters = parametersOf(inputs);
        const store = clients.openStore(inputs.store, reporter.say);
        const surroundings = {
          cluster: clients.connect(inputs.kubeconfig),
          store,
          say: reporter.say,
          onProgress: reporter.onProgress,
          owner,
        };
        const result = await (isScheduled(parameters) ? schedule(parameters, surroundings) : run(parameters, surroundings));
        outputs = { ...inputs, ...outputsOf(result, parameters), __owner: owner };
        await conclude(result, parameters, store, reporter.say);
        return outputs;
      } catch (error) {
        const message = printable(messageOf(error));
        throw Object.assign(new BatchError(message, { cause: error }), {
          id: idOf(inputs),
          properties: outputs,
          reasons: [message],
        });
      }
    });

  return {
    async check(olds, { __preview = false, __secrets, ...news }: ProgramInputs) {
      inPreview = __preview;
      // Without a property, whose value the engine would print; and nothing else, as other faults may hold the value.
      if (__secrets) return { inputs: news, failures: __secrets.map((reason) => ({ property: "", reason })) };
      const checked = checkInputs(olds, news);
      // For a resource that is there, diff does it.
      if (inPreview && !olds?.name && checked.failures.length === 0) await foresee(checked.inputs);
      return checked;
    },

    async diff(_id, olds, news) {
      // While other inputs are unknown, the defaults are not filled in.
      const known = (["name", "namespace"] as const).filter((key) => news[key] !== undefined && !isUnknown(news[key]));
      const replaces = known.filter((key) => news[key] !== olds[key]);
      const changes = replaces.length > 0 || hasUnknown(news) || !sameInputs(news, olds) || (await hasWork(olds, news, clients));
      if (inPreview && changes) await foresee(news);
      return { changes, replaces, deleteBeforeReplace: true };
    },

    async create(inputs) {
      return { id: idOf(inputs), outs: await runToEnd(inputs) };
    },

    async update(_id, olds, news) {
      return { outs: await runToEnd(news, olds.__owner) };
    },

    async read(id, props) {
      if (!props?.name) throw new BatchError("a BatchJob cannot be imported; declare it, and its records in the bucket are found");
      const changes = await withReporter(props.name, ({ say }) => findChanges(props, clients, say));
      return changes ? { id, props: { ...props, ...changes } } : { id: "" };
    },

    delete: (_id, props) =>
      withReporter(props.name, async ({ say }) => {
        const parameters = parametersOf(props);
        const store = clients.openStore(props.store, say);
        // A bucket that is gone has no other owner.
        const known = await loadJob(store, parameters.name).catch((error: unknown) =>
          error instanceof StoreError && error.transient ? error : undefined,
        );
        const silence = known instanceof StoreError ? known : undefined;
        const entry = known instanceof StoreError ? undefined : known;
        if (isTakenOver(entry, parameters, props.__owner)) return say("another resource of the program has it now: nothing is cancelled");
        if (await isGone(clients.connect(props.kubeconfig, firstAnswer), props, say)) return;
        if (silence) {
          const fix = "try again when S3 answers, or take the resource out of the stack with `pulumi state delete`";
          throw new BatchError(
            `whether another resource of the program has it now is not known, so nothing is cancelled (${silence.message}); ${fix}`,
          );
        }
        await cancel(parameters, { cluster: clients.connect(props.kubeconfig), store, say });
      }),
  };
}

const afterFailure = `A failed task runs again when its image, command, env or input changes, or with a new 'retryFailed'`;
const onFailureAdvice = `with onFailure: "report" failed tasks do not fail the update`;

/** Says what came of it. @throws {BatchError} when that is to fail the update. */
async function conclude(result: Result | ScheduledResult, parameters: Parameters, store: Store, say: Reporter["say"]): Promise<void> {
  const { status, counts } = result;
  const { total, succeeded, failed } = counts;
  if (status === "scheduled") {
    if (failed > 0) say(`the last time, ${failed} of ${plural(total, "task")} failed`);
  } else if (status === "running") {
    say(
      `${succeeded + failed} of ${plural(total, "task")} ${verb(total, "have")} ended, the others are at work; a refresh or the next update tells what became of them`,
    );
  } else {
    const failures = await describeFailures({ ...result, status }, parameters, store);
    const fails = parameters.onFailure === "fail" || status === "unfinished";
    const advice = [afterFailure, ...(parameters.onFailure === "fail" ? [onFailureAdvice] : [])].join(";\n");
    const told = failures && failed > 0 ? `${failures}\n${advice}.` : failures;
    if (told && fails) throw new BatchError(told);
    say(told ?? (total === 0 ? "it has no tasks" : `${noun(total, "its task", `all ${total} tasks`)} succeeded`));
  }
}

/** Whether there are tasks to run, or failures to tell, although no input changed. */
async function hasWork(olds: Outputs, news: Inputs, { openStore }: Clients): Promise<boolean> {
  if (!isSettled(olds)) return true;
  if (olds.status === "failed" && (news.retryFailed === true || news.onFailure === "fail")) return true;
  return news.tasksFrom !== undefined && taskSet(await listTasks(parametersOf(news), openStore(news.store))) !== olds.taskSet;
}

/** What a refresh finds; undefined: the Job is gone with its cluster. One that has ended needs no cluster: its results are recorded, wherever it is by now. */
async function findChanges(props: Outputs, { connect, openStore }: Clients, say: Reporter["say"]): Promise<Partial<Outputs> | undefined> {
  if (isSettled(props) && props.status !== "scheduled") return {};
  const parameters = parametersOf(props);
  if (await isGone(connect(props.kubeconfig, firstAnswer), props, say)) return undefined;
  const cluster = connect(props.kubeconfig);
  const result = await collect(parameters, { cluster, store: openStore(props.store, say), say });
  if (!isScheduled(parameters)) return outputsOf(result, parameters);
  const found = await readSchedule(cluster, parameters);
  const { total } = result.counts;
  // Somebody deleted or paused it.
  if (total > 0 && !found?.nextRun) return { status: "unfinished", nextRun: "" };
  return outputsOf(scheduledResult(result, found), parameters);
}

// The engine gives its address to the process that it starts.
const log = createEngineLog(process.argv[2], (line) => console.log(line));

export const provider = createProvider({
  connect,
  openStore: openBucket,
  write: (line, isPassing) => log(printable(line), isPassing),
});
