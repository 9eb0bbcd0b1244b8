/** What an ended pod tells: why it failed, and what it wrote. Pure. */
import { type ContainerState, type Pod, type PodSpec } from "../../kubernetes/cluster";
import { printable } from "../../common/printable";
import { readableBytes } from "../../common/quantity";
import { type Output } from "../records";

/** Most bytes of a termination message; the kubelet keeps the last ones of a longer one. @see https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
const messageLimit = 4096;

export const terminationOf = (pod: Pod): ContainerState["terminated"] => pod.status?.containerStatuses?.[0]?.state?.terminated;

/** How much memory the task's container may use. */
export const memoryOf = (spec: PodSpec | undefined): string | undefined => spec?.containers?.[0]?.resources?.limits?.memory;

/** Reasons of a container that say only that its program has ended. */
const programEnded = new Set([undefined, "", "Error", "Completed"]);

/** Why a pod failed. What Kubernetes did to it comes before the program's own words, which may be about anything. */
export function failureReason(pod: Pod): string {
  const { spec, status = {} } = pod;
  const end = terminationOf(pod);
  const disruption = status.conditions?.find(({ type, status }) => type === "DisruptionTarget" && status === "True");
  if (disruption) return `${disruption.reason ?? "disrupted"}: ${disruption.message ?? "the node was taken away"}`;
  if (end?.reason === "OOMKilled") {
    const memory = memoryOf(spec);
    return `OOMKilled: used more than its memory${memory === undefined ? "" : ` (${readableBytes(memory)})`}`;
  }
  if (status.reason) return [status.reason, status.message].filter(Boolean).join(": ");
  const said = printable(end?.message ?? "").trim();
  if (!programEnded.has(end?.reason)) return [end?.reason, said].filter(Boolean).join(": ");
  // The program's own words are the last line of its termination message.
  if (said) return said.split("\n").at(-1)!.trim();
  return end ? exitStatus(end.exitCode) : "the pod failed without a reason";
}

/** What exit statuses mean by the conventions of shells. A status above 128 tells the signal. */
const meanings: Readonly<Record<number, string>> = {
  126: "the program cannot be executed",
  127: "the program was not found",
  130: "interrupted, SIGINT",
  134: "aborted, SIGABRT",
  135: "bus error, SIGBUS",
  136: "arithmetic fault, SIGFPE",
  137: "killed, SIGKILL",
  139: "invalid memory access, SIGSEGV",
  141: "broken pipe, SIGPIPE",
  143: "terminated, SIGTERM",
};

/** e.g. "exit status 3" or "exit status 137 (killed, SIGKILL)" */
export const exitStatus = (code: number): string => `exit status ${code}${meanings[code] === undefined ? "" : ` (${meanings[code]})`}`;

/** Lines with which programs say why they end, whatever their language. */
const errorLines: readonly RegExp[] = [
  // Python, Java, JavaScript, C#: `ValueError: no such seed`, `Caused by: java.io.IOException: closed`
  /^(?:Caused by: |Uncaught |Unhandled |Exception in thread \S+ )?(?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Error|Exception|Failure|Interrupt|Fault)\b(?::|$)/,
  /^(?:\w+Error|Error|error|ERROR|E)(?:\[[^\]]*\])?: /,
  /^\W{0,2}(?:error|fatal|fatal error|panic|critical|abort(?:ed)?|fail(?:ed|ure)?)\b\W/i,
  /\b(?:ERROR|FATAL|CRITICAL)\b/,
  /^thread '.*' panicked at/,
  // The system's own words, as most tools pass them on: `ls: cannot access '/x': No such file or directory`
  /: (?:No such file or directory|Permission denied|command not found|not found|Is a directory|Not a directory|Read-only file system|No space left on device|Cannot allocate memory|Connection refused|Connection reset by peer|Connection timed out|Input\/output error|Invalid argument|Text file busy|Exec format error)$/,
  /^(?:Segmentation fault|Killed|Aborted|Bus error|Illegal instruction)(?: \(core dumped\))?$/,
];

/** The line of a log with which its program said why it ended: the last that reads like one. */
export function errorLine(log: string): string | undefined {
  const lines = printable(log)
    .split("\n")
    .map((line) => line.trim());
  return lines.findLast((line) => errorLines.some((pattern) => pattern.test(line)));
}

/** What a task that succeeded tells in /dev/termination-log. */
export interface Told {
  readonly outputs: readonly Output[];
  /** Key of an object with more of them. */
  readonly outputsKey?: string;
  readonly note?: string;
}

/** A program tells `{"outputs": [{"key", "bytes"}], "outputsKey": "…", "note": "…"}`, each of them if it likes; anything else is none of our concern. */
export function toldBy(pod: Pod): Told {
  const message = terminationOf(pod)?.message ?? "";
  try {
    const { outputs, outputsKey, note } = JSON.parse(message) as Partial<Record<keyof Told, unknown>>;
    return { outputs: readOutputs(outputs), ...text({ outputsKey, note }) };
  } catch {
    const cut = Buffer.byteLength(message) >= messageLimit && message.includes('"bytes"');
    return {
      outputs: [],
      ...(cut && { note: `outputs not read: more than 4,096 bytes; list them in an object, and tell its key as outputsKey` }),
    };
  }
}

const text = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== ""));

/** Takes what is an output, whatever else there is. */
export const readOutputs = (outputs: unknown): Output[] =>
  Array.isArray(outputs)
    ? (outputs as unknown[]).flatMap((output) => {
        const { key, bytes } = (output ?? {}) as Partial<Record<keyof Output, unknown>>;
        return typeof key === "string" && typeof bytes === "number" ? [{ key, bytes }] : [];
      })
    : [];
