import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../cli/main";
import { type Stream, type World } from "../../cli/terminal/world";
import { FakeCluster } from "../batch/fakes/cluster";
import { kubeconfig } from "../batch/fakes/kubeconfig";
import { FakeStore } from "../batch/fakes/store";

class Recording implements Stream {
  text = "";
  constructor(readonly isTTY = false) {}
  readonly columns = 100;
  write(text: string): void {
    this.text += text;
  }
}

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** What `--json` printed. */
  readonly json: () => Record<string, unknown>;
}

const homes: string[] = [];

afterAll(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
});

/** A cluster and a bucket in memory, found by a kubeconfig file and the Secret of the namespace, and the program to run on them. */
export function createHarness() {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const home = mkdtempSync(join(tmpdir(), "mks-batch-"));
  homes.push(home);
  const file = join(home, "kubeconfig");
  writeFileSync(file, kubeconfig("https://127.0.0.1:1"));
  const encode = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString("base64")]));
  cluster.put("secrets", {
    metadata: { name: "s3-credentials", namespace: "batch-operator" },
    data: encode({
      AWS_ENDPOINT_URL: "http://s3.example",
      AWS_REGION: "gra",
      S3_BUCKET: "results",
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "very-secret",
    }),
  } as { metadata: { name: string; namespace: string } });
  const interruption = new AbortController();
  let clock = Date.parse("2026-01-01T00:10:00Z");
  const world = {
    env: { KUBECONFIG: file } as Record<string, string | undefined>,
    home,
    cwd: home,
    now: () => clock,
    connect: () => cluster,
    openStore: (_settings: object, say: (text: string) => void) => store.open(say),
    pulumi: (): Promise<string> => Promise.reject(new Error("no stack named 'x' found")),
    interrupted: interruption.signal,
  };
  const run = async (argv: readonly string[], changes: Partial<World> = {}): Promise<Outcome> => {
    const [stdout, stderr] = [new Recording(), new Recording()];
    const status = await runProgram(argv, { ...world, stdout, stderr, ...changes });
    return { status, out: stdout.text, err: stderr.text, json: () => JSON.parse(stdout.text) as Record<string, unknown> };
  };
  return { cluster, store, home, world, interruption, run, pass: (milliseconds: number) => (clock += milliseconds) };
}

export type Harness = ReturnType<typeof createHarness>;

export const sweep = ["submit", "--name", "sweep", "--image", "registry/fit:1", "--matrix", "SEED=1,2,3"];
export const command = ["--", "python", "fit.py"];
