/** From flags and a file to the parameters of a Job. */
import { readFileSync } from "node:fs";
import { isMap, isScalar, type Node, parseDocument, visit } from "yaml";
import { shellQuote } from "../../common/text";
import { type Fault, messageOf, type Parameters, parseParameters } from "../../batch";
import { fields } from "../../batch/spec/fields";
import { type StoreSettings } from "../../batch/storage/store";
import { type FlagValues, isTextual, readFlags } from "./flags";

type Values = Readonly<Record<string, unknown>>;

/** What `submit` and `cost` take beside the parameters' own flags. */
export interface InputOptions {
  readonly file?: string;
  readonly tasks?: string;
  readonly namespace?: string;
  readonly detach?: boolean;
  readonly k8sImage?: string;
  readonly k8sRegistrySecret?: string;
  readonly k8sVolumeClaim?: string;
  readonly k8sMountPath?: string;
}

/** Parameters, the bucket aside, or all that is wrong with them. */
export interface Input {
  readonly values: Values;
  readonly faults: readonly string[];
}

/** Parameters that exclude each other: a flag for one takes the place of another in the file. */
const alternatives = [
  ["command", "shell"],
  ["tasks", "matrix", "tasksFrom"],
];

/** Stands for the bucket, which is looked up only when the rest is right. */
const anyStore: StoreSettings = { endpoint: "https://s3", region: "any", bucket: "any", accessKeyId: "any", secretAccessKey: "any" };

/** @param operands what stands after `--` */
export function readInput(options: Values & InputOptions, operands: readonly string[]): Input {
  const faults: string[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push(messageOf(error));
      return undefined;
    }
  };
  const file = options.file === undefined ? {} : attempt(() => readFile(options.file!));
  const { input: flagged, sources, faults: wrong } = readFlags(options);
  faults.push(...wrong);
  const given = new Map(sources);
  const set = (name: string, value: unknown, source: string) => {
    if (given.has(name)) faults.push(`${source} and ${given.get(name)}: keep one of them`);
    given.set(name, source);
    return { [name]: value };
  };
  const own = {
    ...flagged,
    ...(options.namespace !== undefined && set("namespace", options.namespace, "--namespace")),
    ...(options.detach && set("wait", "none", "--detach")),
    ...(options.tasks !== undefined &&
      set(
        "tasks",
        attempt(() => readTasks(options.tasks!)),
        "--tasks",
      )),
    ...(options.k8sImage === undefined && operands.length > 0 && set("command", operands, "the command after --")),
  };
  const values = override(file ?? {}, own);
  const helped = withSubmissionHelper(values, options, operands, faults);
  // What a file that cannot be read would have given is not missing.
  if (file) faults.push(...faultsOf(helped, given, options.file).map((fault) => late(fault, operands)));
  return { values: helped, faults };
}

/** @throws {Error} for a file that is none of parameters. */
function readFile(file: string): Values {
  const values = readYaml(file, "-f", textual);
  if (typeof values !== "object" || values === null || Array.isArray(values)) throw new Error(`-f ${file}: must be a map of parameters`);
  if ("store" in values)
    throw new Error(`-f ${file}: store: is no parameter here, so that no file holds secrets; --stack or a Secret tells the bucket`);
  return values as Values;
}

/** A list of tasks, as YAML or JSON: `{name, env}` each, or only the environment. */
function readTasks(file: string): unknown {
  const list = readYaml(file, "--tasks");
  if (!Array.isArray(list)) throw new Error(`--tasks ${file}: must be a list of tasks, each {name, env} or its environment`);
  return list.map((task: unknown) => (typeof task === "object" && task !== null && !("env" in task) ? { env: task } : task));
}

const textual = Object.entries(fields.shape).flatMap(([name, schema]) => (isTextual(schema) ? [name] : []));

/** @param texts keys below which numbers and booleans are the text that was written, e.g. `0010` or `1.10`; everywhere by default */
function readYaml(file: string, flag: string, texts?: readonly string[]): unknown {
  try {
    const document = parseDocument(readFileSync(file === "-" ? 0 : file, "utf8"), { logLevel: "error" });
    if (document.errors[0]) throw document.errors[0];
    const { contents } = document;
    if (!texts) asWritten(contents);
    else if (isMap(contents))
      for (const { key, value } of contents.items) if (isScalar(key) && texts.includes(String(key.value))) asWritten(value);
    return document.toJS() as unknown;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${flag} ${file}: ${code === "ENOENT" ? "there is no such file" : messageOf(error).split("\n")[0]!}`);
  }
}

/** YAML would make 8 of `0010`, 1.1 of `1.10`, and another number of twenty digits. */
function asWritten(node: Node | null): void {
  if (!node) return;
  visit(node, {
    Scalar(_key, scalar) {
      if (scalar.source !== undefined && ["number", "bigint", "boolean"].includes(typeof scalar.value)) scalar.value = scalar.source;
    },
  });
}

/** A flag behind the program is the program's. */
function late(fault: string, operands: readonly string[]): string {
  const [flag = ""] = /^--[\w-]+(?=: must be given)/.exec(fault) ?? [];
  const behind = flag !== "" && operands.some((word) => word === flag || word.startsWith(`${flag}=`));
  return behind ? `${flag}: must be given before the program; behind '${operands[0]}' it is the program's own` : fault;
}

/** Flags win: records are merged, all else is replaced, with what excludes it. */
function override(file: Values, own: Values): Values {
  const merged: Record<string, unknown> = { ...file };
  for (const [name, value] of Object.entries(own)) {
    for (const group of alternatives.filter((group) => group.includes(name))) {
      for (const other of group) if (other !== name && !(other in own)) delete merged[other];
    }
    merged[name] = isRecord(value) && isRecord(merged[name]) && name !== "matrix" ? { ...merged[name], ...value } : value;
  }
  return merged;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The submission helper's way: a line for `bash -cl` in an image that has all programs, with the shared data mounted. */
function withSubmissionHelper(values: Values, options: InputOptions, operands: readonly string[], faults: string[]): Values {
  const { k8sImage, k8sRegistrySecret = "sh-k8s-registry-secret", k8sVolumeClaim = "ntuples-claim", k8sMountPath = "/ntuples" } = options;
  if (k8sImage === undefined) {
    const alone = (["k8sRegistrySecret", "k8sVolumeClaim", "k8sMountPath"] as const).filter((name) => options[name] !== undefined);
    const flag = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (alone.length > 0) faults.push(`${alone.map(flag).join(", ")}: needs --k8s-image`);
    return values;
  }
  if (values.image !== undefined) faults.push("--k8s-image and the parameter 'image': keep one of them");
  if (operands.length > 0 && values.shell !== undefined) faults.push("the command after -- and the parameter 'shell': keep one of them");
  const list = (name: string) => (Array.isArray(values[name]) ? (values[name] as unknown[]) : []);
  return {
    ...values,
    image: k8sImage,
    ...(operands.length > 0 && { shell: shellLine(operands) }),
    imagePullSecrets: [...list("imagePullSecrets"), k8sRegistrySecret],
    volumes: [...list("volumes"), { claim: k8sVolumeClaim, mountPath: k8sMountPath }],
    labels: { app: "submission-helper", ...(isRecord(values.labels) ? values.labels : {}) },
  };
}

/** One operand is a line as it stands; several are a program and its arguments. */
const shellLine = (operands: readonly string[]): string =>
  operands.length === 1 ? operands[0]! : operands.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word))).join(" ");

function faultsOf(values: Values, sources: FlagValues["sources"], file: string | undefined): string[] {
  const { faults = [] } = parseParameters({ ...values, store: anyStore });
  return faults.map(({ property, path, reason }: Fault) => {
    const name = String(path[0]);
    if (path.length === 1 && values[name] === undefined && reason === "must be given") return `--${name}: ${missing}`;
    const flag = sources.get(name);
    if (flag !== undefined) return `${flag}${property === name ? "" : ` (${property})`}: ${reason}`;
    return `${file !== undefined && name in values ? `${file}: ` : ""}${property}: ${reason}`;
  });
}

/** Of a flag without which there is no Job. */
export const missing = "must be given, here or in a file with -f";

/** The parameters with the bucket. @throws when {@link readInput} found faults that were not heeded */
export function complete(values: Values, store: StoreSettings): Parameters {
  const { parameters, faults } = parseParameters({ ...values, store });
  if (!parameters) throw new Error(faults.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
  return parameters;
}
