/** What a run costs that finds nothing, which is the start of its JVM and of Spring. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kubectl } from "../../../local/demo/kubectl";
import { paths } from "../../../local/lib/paths";
import { median } from "../../harness/result";
import { runPod } from "./pod";

export interface Start {
  readonly wallSeconds: number;
  readonly processorSeconds: number;
}

/** With the image's archive of classes, and with the JDK's own only. */
export interface Starts {
  readonly archive: Start;
  readonly jdk: Start;
}

const tries = 5;
const archiveOption = "-XX:SharedArchiveFile=";

/** Medians, start to end. Both in turn: what else the machine does then meets both. */
export async function measureStarts(kubectl: Kubectl, say: (line: string) => void): Promise<Starts> {
  const [, entry = ""] =
    /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(join(paths.root, "images", "spring-batch", "Dockerfile"), "utf8")) ?? [];
  const archive = JSON.parse(entry) as string[];
  const jdk = archive.filter((option) => !option.startsWith(archiveOption));
  if (jdk.length === archive.length) throw new Error("the image's entry point names no archive of classes");
  // The first of each reads the files into the node's memory.
  const timed = (what: string, java: readonly string[]): string => `TIMEFORMAT='${what} %R %U %S'; time ${java.join(" ")} >/dev/null`;
  const script = `for n in $(seq ${tries + 1}); do ${timed("archive", archive)}; ${timed("jdk", jdk)}; done`;
  const log = await runPod(kubectl, "starts", { profile: "postgresql", command: ["bash", "-o", "errexit", "-c", script] });
  return parseStarts(log, say);
}

/** @param log lines of what was timed, wall time, time in the program and time in the kernel */
export function parseStarts(log: string, say: (line: string) => void): Starts {
  const of = (what: string): Start => {
    const times = [...log.matchAll(new RegExp(`^${what} (\\S+) (\\S+) (\\S+)$`, "gm"))].slice(1);
    const runs = times.map(([, wall, user, system]) => ({ wall: Number(wall), processor: Number(user) + Number(system) }));
    if (runs.length === 0) throw new Error(`nothing was timed of ${what}:\n${log}`);
    say(`${what}: ${runs.map(({ wall, processor }) => `${wall.toFixed(1)} s (${processor.toFixed(1)} s of CPU)`).join(", ")}`);
    return { wallSeconds: median(runs.map(({ wall }) => wall)), processorSeconds: median(runs.map(({ processor }) => processor)) };
  };
  return { archive: of("archive"), jdk: of("jdk") };
}
