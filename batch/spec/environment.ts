/**
 * How a pod comes by the environment of its task: an Indexed Job has one pod template for all its tasks, so the tasks' environments are written
 * as small shell files, of which a pod reads the one that holds its index.
 */
import { shellQuote } from "../../common/text";

/** A task's environment: names and values of any characters but NUL. */
export type Environment = Readonly<Record<string, string>>;

/** Where the files are in the container: those of the n-th ConfigMap in the folder `n`. */
export const mountPath = "/etc/ovh-mks-batch";

/** Where the n-th ConfigMap with files is mounted. */
export const mountOf = (n: number): string => `${mountPath}/${n}`;

/** A shell command that exports `environment`, whatever characters the values have. */
export function exportCommand(environment: Environment): string {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${shellQuote(value)}`);
  return assignments.length === 0 ? ":" : `export ${assignments.join(" ")}`;
}

export interface EnvironmentFiles {
  /** How many tasks a file holds: the task of index i is in file i / perFile. */
  readonly perFile: number;
  /** Contents, in order; file n is called `n.sh`. */
  readonly files: readonly string[];
}

/**
 * Writes the environments of all tasks, in order, as files of at most `limit` bytes.
 * Several tasks share a file, since the kubelet writes every file of the volume for every pod; not all do, since each pod reads its file.
 */
export function environmentFiles(environments: readonly Environment[], limit: number): EnvironmentFiles {
  const commands = environments.map((environment, index) => `${index}) ${exportCommand(environment)} ;;\n`);
  for (let perFile = 100; ; perFile = Math.ceil(perFile / 2)) {
    const files: string[] = [];
    for (let start = 0; start < commands.length; start += perFile) {
      files.push(`case $JOB_COMPLETION_INDEX in\n${commands.slice(start, start + perFile).join("")}esac\n`);
    }
    if (perFile === 1 || files.every((file) => Buffer.byteLength(file) <= limit)) return { perFile, files };
  }
}

/**
 * The container's command: reads the task's environment, then becomes `command`. The image needs a POSIX `/bin/sh`. Which ConfigMap has the task's file is left to
 * the shell: only one folder has a file of that name.
 */
export function wrap(command: readonly string[], perFile: number): string[] {
  const script = `. ${mountPath}/*/$((JOB_COMPLETION_INDEX / ${perFile})).sh && exec "$@"`;
  return ["/bin/sh", "-c", script, "task", ...command].map(literal);
}

/** Kubernetes replaces `$(NAME)` in commands and environment values; doubled, a dollar sign stands for itself. */
export const literal = (text: string): string => text.replaceAll("$", "$$$$");
