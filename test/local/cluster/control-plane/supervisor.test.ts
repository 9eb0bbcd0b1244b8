import { Supervisor } from "../../../../local/cluster/control-plane/supervisor";

/** A sandbox whose processes live until the test kills them. */
class FakeSandbox {
  readonly running = new Set<string>();
  readonly starts: string[] = [];
  isAlive = true;
  failing = false;
  spawn(name: string, argv: readonly string[]): Promise<void> {
    this.starts.push(argv.join(" "));
    if (this.failing) return Promise.reject(new Error("no such file"));
    this.running.add(name);
    return Promise.resolve();
  }
  stop(name: string): Promise<void> {
    this.running.delete(name);
    return Promise.resolve();
  }
  isRunning(name: string): boolean {
    return this.running.has(name);
  }
  logFile(name: string): string {
    return `/nowhere/${name}.log`;
  }
}

let sandbox: FakeSandbox;
let supervisor: Supervisor;
let said: string[];
let gone: number;
const service = (name: string, command = name) => ({ name, command: () => [command], options: { cgroup: "x" } });

beforeEach(() => {
  jest.useFakeTimers();
  sandbox = new FakeSandbox();
  said = [];
  gone = 0;
  supervisor = new Supervisor(
    sandbox,
    (text) => said.push(text),
    () => void gone++,
  );
});
afterEach(() => {
  supervisor.close();
  jest.useRealTimers();
});

test("a process is started once, and one that runs already is adopted", async () => {
  await supervisor.add(service("a"));
  sandbox.running.add("b");
  await supervisor.add(service("b"));
  await jest.advanceTimersByTimeAsync(5_000);
  expect(sandbox.starts).toEqual(["a"]);
});

test("two who want the same process at the same time get one", async () => {
  await Promise.all([supervisor.add(service("a")), supervisor.add(service("a"))]);
  await supervisor.add(service("a"));
  expect(sandbox.starts).toEqual(["a"]);
});

test("a process that died is started again, and that is said", async () => {
  await supervisor.add(service("a"));
  sandbox.running.delete("a");
  await jest.advanceTimersByTimeAsync(1_000);
  expect(sandbox.running.has("a")).toBe(true);
  expect(said).toEqual(["a has ended and is started again; its log: /nowhere/a.log"]);
});

test("one that keeps dying is started less and less often, but for ever", async () => {
  sandbox.failing = true;
  await expect(supervisor.add(service("a"))).rejects.toThrow("no such file");
  await jest.advanceTimersByTimeAsync(60_000);
  const inFirstMinute = sandbox.starts.length;
  expect(inFirstMinute).toBeGreaterThan(4);
  expect(inFirstMinute).toBeLessThan(9);
  await jest.advanceTimersByTimeAsync(120_000);
  expect(sandbox.starts.length - inFirstMinute).toBeGreaterThanOrEqual(3);
  sandbox.failing = false;
  await jest.advanceTimersByTimeAsync(31_000);
  expect(sandbox.running.has("a")).toBe(true);
});

test("a removed process is not started again, not even by a start under way", async () => {
  await supervisor.add(service("a"));
  let go: (argv: string[]) => void = () => undefined;
  const command = () => new Promise<string[]>((resolve) => (go = resolve));
  const adding = supervisor.add({ ...service("b"), command });
  const removing = Promise.all([supervisor.remove("a"), supervisor.remove("b")]);
  go(["b"]);
  await Promise.all([adding, removing]);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(sandbox.running.size).toBe(0);
  expect(sandbox.starts).toEqual(["a"]);
});

test("the end of the sandbox is told once, and nothing is started into it", async () => {
  await supervisor.add(service("a"));
  sandbox.running.clear();
  sandbox.isAlive = false;
  await jest.advanceTimersByTimeAsync(5_000);
  expect(gone).toBe(1);
  expect(sandbox.starts).toEqual(["a"]);
});

test("a restart makes the command anew", async () => {
  let version = 1;
  await supervisor.add({ ...service("a"), command: () => [`a --version=${version++}`] });
  await supervisor.restart("a");
  expect(sandbox.starts).toEqual(["a --version=1", "a --version=2"]);
});
