import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stream } from "../../cli/terminal/world";
import { command, createHarness, type Harness, sweep } from "./harness";

const bin = join(__dirname, "..", "..", "cli", "bin.cjs");

let here: Harness;
beforeEach(() => (here = createHarness()));

test("--help tells the commands and the exit statuses, and ends with 0", async () => {
  const { status, out } = await here.run(["--help"]);
  expect(status).toBe(0);
  for (const name of ["submit", "list", "status", "logs", "cancel", "retry", "results", "cost", "report", "simulate", "completion"]) {
    expect(out).toContain(`\n  ${name} `);
  }
  expect(out).toContain("Exit status: 0 done; 1 some tasks failed");
});

test("a command's help has its own flags first, and those of all commands last", async () => {
  for (const name of ["submit", "logs", "cost"]) {
    const { out } = await here.run([name, "--help"]);
    const headings = [...out.matchAll(/^([A-Z].*):$/gm)].map(([, heading]) => heading);
    expect(headings.slice(0, 2)).toEqual(["Arguments", "Options"]);
    expect(headings.at(-1)).toBe("Common");
  }
});

test.each([
  [["stauts", "x"], "Did you mean status?"],
  [["status"], "missing required argument 'name'"],
  [["submit", "--image"], "argument missing"],
  [
    ["status", "x", "--wach", "--jsn"],
    "unknown option '--wach'; did you mean --watch?\nerror: unknown option '--jsn'; did you mean --json?",
  ],
  [["status", "x", "--wholly-unknown"], "unknown option '--wholly-unknown'; `mks-batch status --help` lists all"],
])("wrong usage, %p: ends with 2 and tells what is right", async (argv, message) => {
  const { status, err, out } = await here.run(argv);
  expect(status).toBe(2);
  expect(err).toContain(message);
  expect(err).not.toMatch(/\n +at /);
  expect(out).toBe("");
});

test("unknown flags and wrong values of a Job are told at once", async () => {
  const { status, err } = await here.run(["submit", "--name", "a", "--imag", "i:1", "--cpu", "many", "--env", "x", "--", "run"]);
  expect(status).toBe(2);
  expect(err.trimEnd().split("\n")).toEqual([
    "error: unknown option '--imag'; did you mean --image?",
    'error: --env: must be NAME=VALUE, not "x"',
    expect.stringMatching(/^error: --cpu: must be a positive Kubernetes quantity/),
  ]);
});

test("flags of the tasks' own command are left alone", async () => {
  here.cluster.outcome = () => undefined;
  expect(await here.run(["submit", "--name", "a", "--image", "i:1", "--detach", "--", "run", "--cpu", "--unknown"])).toMatchObject({
    status: 0,
  });
});

describe("without --", () => {
  const parametersOf = () =>
    (JSON.parse(here.store.objects.get("batch/.jobs/a.json")!) as { parameters: { command: string[]; namespace: string; memory: string } })
      .parameters;
  beforeEach(() => (here.cluster.outcome = () => undefined));

  test.each([
    [["echo", "-n", "hello"]],
    [["python", "fit.py", "--memory", "5Gi", "--unknown", "--json", "-h"]],
    [["tar", "c", "--", "-x"]],
  ])("the flags of %j are its own", async (program) => {
    expect(await here.run(["submit", "--name", "a", "--image", "i:1", "--detach", ...program])).toMatchObject({ status: 0 });
    expect(parametersOf()).toMatchObject({ command: program, namespace: "batch", memory: "1Gi" });
  });

  test("those of a program whose cost is asked for, too, but not those behind a Job's name", async () => {
    const { err, status } = await here.run(["cost", "--name", "a", "--image", "i:1", "--task-seconds", "60", "echo", "--memory", "much"]);
    expect({ err, status }).toEqual({ err: "", status: 0 });
    await here.run(["submit", "--name", "a", "--image", "i:1", "--detach", "run"]);
    expect((await here.run(["cost", "a", "--json"])).json()).toMatchObject({ name: "a" });
  });

  test("a flag behind the program that is missing before it is told", async () => {
    expect(await here.run(["submit", "--image", "i:1", "python", "fit.py", "--name", "a"])).toMatchObject({
      status: 2,
      err: "error: --name: must be given before the program; behind 'python' it is the program's own\n",
    });
  });
});

test("a parameter that the cluster refuses ends with 2", async () => {
  here.cluster.put("nodepools", { metadata: { name: "compute" }, spec: { maxNodes: 3 } } as { metadata: { name: string } });
  const { status, err } = await here.run([...sweep, "--pool", "gpu", ...command]);
  expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining("error: pool: there is no node pool 'gpu'") as string });
});

test("a file that cannot be written ends with 2, and is no fault of the program", async () => {
  const file = join(here.home, "no", "such", "plot.svg");
  const { status, err } = await here.run(["simulate", "burst", "--svg", file]);
  expect({ status, err }).toEqual({ status: 2, err: expect.stringMatching(/^error: .*ENOENT: .*plot\.svg'\n$/) as string });
  const folder = join(here.home, "kubeconfig", "results");
  here.cluster.outcome = () => ({ exitCode: 0, message: '{"outputs":[{"key":"a.png","bytes":3}]}' });
  here.store.objects.set("a.png", "png");
  await here.run([...sweep, ...command]);
  expect(await here.run(["results", "sweep", "--download", folder])).toMatchObject({
    status: 2,
    err: expect.stringMatching(/^error: .*ENOTDIR: .*kubeconfig.*\n$/) as string,
  });
});

test("a flag before the command is told where it goes", async () => {
  const { status, err } = await here.run(["--stack=dev", "list"]);
  expect({ status, err }).toEqual({ status: 2, err: "error: option '--stack' goes after the command, not before it\n" });
  expect((await here.run(["--nonsense", "list"])).err).toContain("unknown option '--nonsense'");
});

test("help on a command that there is not names it", async () => {
  expect(await here.run(["help", "lsit"])).toMatchObject({
    status: 2,
    out: "",
    err: "error: unknown command 'lsit'; did you mean list?\n",
  });
  expect(await here.run(["help", "nonsense"])).toMatchObject({ status: 2, err: expect.stringContaining("--help` lists all") as string });
  for (const topic of [["list"], []]) expect(await here.run(["help", ...topic])).toMatchObject({ status: 0, err: "" });
});

test("--version tells the package's version", async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8")) as { version: string };
  expect(await here.run(["--version"])).toMatchObject({ status: 0, out: `${version}\n`, err: "" });
});

test("a Job that there is not ends with 3, with the nearest one", async () => {
  await here.run([...sweep, ...command]);
  for (const name of ["status", "logs", "cancel", "results", "cost", "report"]) {
    const { status, err, out } = await here.run([name, "swep", "--json"]);
    expect({ name, status, out }).toEqual({ name, status: 3, out: "" });
    expect(err).toBe("error: no Job 'swep' in the bucket results; did you mean 'sweep'?\n");
  }
});

test("an interruption during a wait ends with 130 and tells how to come back; the Job goes on", async () => {
  here.cluster.outcome = () => undefined;
  const waiting = here.run([...sweep, "--namespace", "batch", ...command]);
  while (here.cluster.pods().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  here.interruption.abort();
  const { status, err, out } = await waiting;
  expect({ status, out }).toEqual({ status: 130, out: "" });
  expect(err).toContain("what was launched goes on. To come back: mks-batch status sweep --watch --namespace batch\n");
  expect(here.cluster.pods()).toHaveLength(3);
  here.cluster.pods().forEach((pod) => here.cluster.finish(pod, { exitCode: 0 }));
  const again = createHarness();
  expect(await here.run([...sweep, ...command], { interrupted: again.interruption.signal })).toMatchObject({ status: 0 });
  expect(here.cluster.ran).toHaveLength(3);
});

test("a fault of the program is told as such, with a stack trace only for DEBUG", async () => {
  const openStore = () => {
    throw new TypeError("boom");
  };
  const plain = await here.run(["list"], { openStore });
  expect(plain).toMatchObject({ status: 1, err: "error: boom\nThis is a fault of the program; DEBUG=1 shows where.\n" });
  const debug = await here.run(["list"], { openStore, env: { ...here.world.env, DEBUG: "1" } });
  expect(debug.err).toMatch(/TypeError: boom\n +at /);
});

test.each([false, true])("while the bucket does not answer, that is told beside what is drawn (on a terminal: %s)", async (isTTY) => {
  let text = "";
  const stderr: Stream = { isTTY, columns: 100, write: (part) => (text += part) };
  here.store.before = (call) => {
    if (call.includes("records/") && call.startsWith("put")) here.store.say("S3 does not answer");
  };
  const { out } = await here.run([...sweep, "--json", ...command], { stderr });
  expect(JSON.parse(out)).toMatchObject({ status: "complete" });
  expect(text).toContain("sweep: S3 does not answer\n");
  here.store.before = () => here.store.say("S3 does not answer");
  text = "";
  await here.run(["list"], { stderr });
  expect(text).toMatch(/^S3 does not answer$/m);
});

test("on a terminal progress is drawn in place, no line longer than it is wide", async () => {
  const written: string[] = [];
  const stderr: Stream = { isTTY: true, columns: 60, write: (text) => written.push(text) };
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no node has room ".repeat(10) }];
  here.cluster.podStatus = { phase: "Pending", conditions };
  here.cluster.outcome = () => undefined;
  void here.run([...sweep, ...command], { stderr });
  while (written.filter((text) => text.includes("0/3")).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  here.interruption.abort();
  const drawing = written.filter((text) => text.includes("0/3")).at(-1)!;
  const escape = "\u001b";
  expect(drawing.startsWith(`${escape}[2A\r${escape}[J[---`)).toBe(true);
  const lines = drawing.slice(drawing.indexOf("[---")).trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.length).toBeLessThan(60);
  // The program ends its process here; in a test the interrupted wait has to end too.
  here.cluster.breakDown(new Error("the end"));
});

describe("completion", () => {
  const bash = (line: string, script: string): string[] => {
    const words = line.split(" ");
    const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _mks_batch; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", `${script}\n${call}`], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean);
  };

  test("for bash completes commands and their flags", async () => {
    const { out } = await here.run(["completion", "bash"]);
    expect(bash("mks-batch st", out)).toEqual(["status"]);
    expect(bash("mks-batch status --w", out)).toEqual(["--watch"]);
    expect(bash("mks-batch submit --k8s-im", out)).toEqual(["--k8s-image"]);
  });

  test.each(["bash", "zsh", "fish"])("for %s has every command, and is a valid script where the shell is there", async (shell) => {
    const { status, out } = await here.run(["completion", shell]);
    expect(status).toBe(0);
    for (const name of ["submit", "simulate"]) expect(out).toContain(name);
    const check = spawnSync(shell, ["-n"], { input: out, encoding: "utf8" });
    if (!check.error) expect(check).toMatchObject({ status: 0, stderr: "" });
  });

  test("another shell is refused", async () => expect(await here.run(["completion", "tcsh"])).toMatchObject({ status: 2 }));
});

describe("the program mks-batch", () => {
  test("starts from any folder, and ends with the statuses", () => {
    const env = { PATH: process.env.PATH, HOME: here.home };
    const help = spawnSync(bin, ["--help"], { cwd: here.home, env, encoding: "utf8" });
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: mks-batch");
    const wrong = spawnSync(bin, ["lsit"], { cwd: here.home, env, encoding: "utf8" });
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
  });
});
