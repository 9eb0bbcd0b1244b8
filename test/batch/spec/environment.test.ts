import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Environment, environmentFiles, literal, mountOf, mountPath, wrap } from "../../../batch/spec/environment";

/** What the kubelet makes of `$$` and `$(NAME)`. @see https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go */
const expand = (text: string) => text.replace(/\$\$|\$\(([^)]*)\)/g, (match) => (match === "$$" ? "$" : "EXPANDED"));

const dump = [process.execPath, "-e", "process.stdout.write(JSON.stringify([process.env, process.argv.slice(1)]))", "--"];

/** Files in each ConfigMap, as far as the tests have several. */
const perConfigMap = 2;

/** Runs `command` as the pod of the task with that index would, by a real shell. */
function runTask(environments: readonly Environment[], index: number, args: readonly string[] = [], limit = 1e6) {
  const folder = mkdtempSync(join(tmpdir(), "environment-"));
  try {
    const { perFile, files } = environmentFiles(environments, limit);
    files.forEach((file, n) => {
      const mounted = mountOf(Math.floor(n / perConfigMap)).replace(mountPath, folder);
      mkdirSync(mounted, { recursive: true });
      writeFileSync(join(mounted, `${n}.sh`), file);
    });
    const [program = "", ...rest] = wrap([...dump, ...args], perFile).map(expand);
    const out = execFileSync(
      program,
      rest.map((text) => text.replace(mountPath, folder)),
      { env: { JOB_COMPLETION_INDEX: String(index) }, encoding: "utf8", timeout: 10_000, stdio: "pipe" },
    );
    const [env, argv] = JSON.parse(out) as [Record<string, string>, string[]];
    return { env, argv };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nasty = [
  `it's "quoted"`,
  "''''",
  "two\nlines\n",
  "\r\n\ttab",
  "$HOME ${HOME} $(id) `id` $$",
  "$(HOME) $$(HOME)",
  "back\\slash\\",
  "esac;; ;; ) (",
  "0) export A=1 ;;",
  "*?[a-z]~ !x #x",
  "-n --",
  "naïve 🎬 日本語 \u2028",
  " both ends ",
  "",
];

test("a shell gives the task every value as it was, and every argument", () => {
  const environment = Object.fromEntries(nasty.map((value, i) => [`V${i}`, value]));
  const { env, argv } = runTask([environment], 0, nasty);
  expect(env).toMatchObject(environment);
  expect(argv).toEqual(nasty);
});

test("each task gets its own environment and none of another's", () => {
  const environments = Array.from({ length: 250 }, (_, i) => ({ INPUT: `videos/${i}.mp4`, [`ONLY_${i}`]: "yes" }));
  for (const index of [0, 1, 99, 100, 249]) {
    const { env } = runTask(environments, index);
    expect(env.INPUT).toBe(`videos/${index}.mp4`);
    expect(Object.keys(env).filter((name) => name.startsWith("ONLY_"))).toEqual([`ONLY_${index}`]);
  }
});

test("files stay under the limit, and their tasks still find them", () => {
  const environments = Array.from({ length: 100 }, (_, i) => ({ INPUT: `${i}-${"é".repeat(100)}` }));
  const { perFile, files } = environmentFiles(environments, 2000);
  expect(perFile).toBeLessThan(10);
  expect(Math.max(...files.map((file) => Buffer.byteLength(file)))).toBeLessThanOrEqual(2000);
  expect(runTask(environments, 57, [], 2000).env.INPUT).toBe(environments[57]!.INPUT);
});

test("a task without environment runs", () => {
  expect(runTask([{}], 0, ["x"]).argv).toEqual(["x"]);
});

test("the largest value that the parameters take reaches the program", () => {
  const INPUT = "a".repeat(127 * 1024);
  expect(runTask([{ INPUT }], 0).env.INPUT).toBe(INPUT);
});

test("a task whose file is not there fails, and its program does not start", () => {
  expect(() => runTask([{}], 100)).toThrow(/1\.sh/);
});

test("Kubernetes expands nothing in a literal", () => {
  for (const value of nasty) expect(expand(literal(value))).toBe(value);
});
