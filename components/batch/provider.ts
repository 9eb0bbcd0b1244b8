/**
 * The dynamic provider of {@link BatchJob}, loaded by load.cjs in a process that the engine starts. Imports only types of Pulumi, and clients when they are
 * needed: on an `up` without changes only `check` and `diff` run.
 */
import { type dynamic } from "@pulumi/pulumi";
import {
  BatchError,
  cancel,
  createReporter,
  describeFailures,
  isAtWork,
  listTasks,
  messageOf,
  type Parameters,
  parameterNames,
  parseParameters,
  type Reporter,
  type Result,
  run,
  taskSet,
} from "../../batch";
import { type Cluster } from "../../batch/cluster";
import { connect } from "../../batch/kubernetes/client";
import { parseKubeconfig } from "../../batch/kubernetes/kubeconfig";
import { openBucket } from "../../batch/s3/store";
import { type Store } from "../../batch/store";
import { hasUnknown, isUnknown, pick, same, unknownAt } from "./values";

/** Inputs as they come from the engine, after {@link check} with all defaults. */
export interface Inputs extends Parameters {
  readonly kubeconfig: string;
  readonly __provider?: string;
}

export interface Outputs extends Inputs {
  readonly status: Result["status"] | "running";
  readonly counts: Result["counts"];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly taskResults: Result["tasks"];
  readonly taskSet: string;
  readonly jobName: string;
}

/** Where clients come from; a test has its own. */
export interface Clients {
  readonly connect: (kubeconfig: string) => Cluster;
  readonly openStore: (settings: Parameters["store"]) => Store;
  readonly write: (line: string) => void;
}

/** Rows of the table in Pulumi's state; all rows are in the bucket. */
const rowsInState = 1000;

export function createProvider(clients: Clients): dynamic.ResourceProvider<Inputs, Outputs> {
  const withReporter = async <T>(name: string, work: (reporter: Reporter) => Promise<T>): Promise<T> => {
    const reporter = createReporter(name, clients.write);
    try {
      return await work(reporter);
    } finally {
      reporter.stop();
    }
  };

  /** Runs what is to run. A fault carries all that the engine needs to record the resource as not initialised: the next `up` updates it. */
  const runToEnd = (inputs: Inputs): Promise<Outputs> =>
    withReporter(inputs.name, async (reporter) => {
      let outputs: Outputs = { ...inputs, ...nothingYet };
      try {
        const parameters = parametersOf(inputs);
        const store = clients.openStore(inputs.store);
        const cluster = clients.connect(inputs.kubeconfig);
        const result = await run(parameters, { cluster, store, say: reporter.say, onProgress: reporter.onProgress });
        outputs = { ...inputs, ...outputsOf(result) };
        const failures = await describeFailures(result, parameters, store);
        if (failures && (parameters.onFailure === "fail" || result.status === "unfinished")) throw new BatchError(failures);
        reporter.say(failures ?? `all ${result.counts.total} tasks succeeded`);
        return outputs;
      } catch (error) {
        throw Object.assign(new BatchError(messageOf(error), { cause: error }), {
          id: idOf(inputs),
          properties: outputs,
          reasons: [messageOf(error)],
        });
      }
    });

  return {
    check: (olds, news) => Promise.resolve(checkInputs(olds, news)),

    async diff(_id, olds, news) {
      // While other inputs are unknown, the defaults are not filled in.
      const known = (["name", "namespace"] as const).filter((key) => news[key] !== undefined && !isUnknown(news[key]));
      const replaces = known.filter((key) => news[key] !== olds[key]);
      const changes =
        replaces.length > 0 || hasUnknown(news) || !same(inputsOf(news), inputsOf(olds)) || (await hasWork(olds, news, clients));
      return { changes, replaces, deleteBeforeReplace: true };
    },

    async create(inputs) {
      return { id: idOf(inputs), outs: await runToEnd(inputs) };
    },

    async update(_id, _olds, news) {
      return { outs: await runToEnd(news) };
    },

    async read(id, props) {
      if (!props?.name) throw new BatchError("a BatchJob cannot be imported; declare it, and its records in the bucket are found");
      if (isSettled(props)) return { id, props };
      const atWork = await isAtWork(clients.connect(props.kubeconfig), props);
      return { id, props: { ...props, status: atWork ? "running" : "unfinished" } };
    },

    delete: (_id, props) =>
      withReporter(props.name, async ({ say }) => {
        await cancel(parametersOf(props), { cluster: clients.connect(props.kubeconfig), store: clients.openStore(props.store), say });
      }),
  };
}

/** Checks the parameters and fills the defaults in; what is unknown in a preview is left for the update. */
function checkInputs(olds: Inputs, news: Inputs) {
  const { __provider, kubeconfig, ...parameters } = news;
  const { parameters: complete, faults = [] } = parseParameters(parameters);
  const failures = faults.filter(({ path }) => !unknownAt(parameters, path)).map(({ property, reason }) => ({ property, reason }));
  if (!isUnknown(kubeconfig) && kubeconfig !== olds.kubeconfig) failures.push(...checkKubeconfig(kubeconfig));
  return { inputs: complete ? { ...complete, kubeconfig, __provider } : news, failures };
}

/** Whether there are tasks to run although no input changed. */
async function hasWork(olds: Outputs, news: Inputs, { openStore }: Clients): Promise<boolean> {
  if (!isSettled(olds)) return true;
  if (olds.status === "failed" && news.retryFailed === true) return true;
  return news.tasksFrom !== undefined && taskSet(await listTasks(news, openStore(news.store))) !== olds.taskSet;
}

const isSettled = ({ status }: Outputs): boolean => status === "complete" || status === "failed";

const idOf = ({ namespace, name }: Inputs): string => `${namespace}/${name}`;

const nothingYet = {
  status: "unfinished",
  counts: { total: 0, succeeded: 0, failed: 0, skipped: 0 },
  startedAt: "",
  finishedAt: "",
  taskResults: [],
  taskSet: "",
  jobName: "",
} as const;

function outputsOf({ tasks, status, counts, startedAt, finishedAt, taskSet, jobName }: Result) {
  const failedFirst =
    tasks.length > rowsInState ? [...tasks].sort((a, b) => Number(b.status !== "succeeded") - Number(a.status !== "succeeded")) : tasks;
  // Pulumi's wire format has no undefined, as JSON.
  const taskResults = JSON.parse(JSON.stringify(failedFirst.slice(0, rowsInState))) as Result["tasks"];
  return { status, counts, startedAt, finishedAt, taskResults, taskSet, jobName };
}

const inputsOf = (values: Inputs) => pick(values, [...parameterNames, "kubeconfig", "__provider"]);

/** The parameters among the inputs or outputs. Inputs that were unknown at the check are checked here. */
function parametersOf(values: Inputs): Parameters {
  const result = parseParameters(pick(values, parameterNames));
  if (result.parameters) return result.parameters;
  throw new BatchError(result.faults.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
}

function checkKubeconfig(kubeconfig: string): { property: string; reason: string }[] {
  try {
    parseKubeconfig(kubeconfig);
    return [];
  } catch (error) {
    return [{ property: "kubeconfig", reason: messageOf(error).replace(/^kubeconfig: /, "") }];
  }
}

export const provider = createProvider({
  connect,
  openStore: openBucket,
  write: (line) => console.log(line),
});
