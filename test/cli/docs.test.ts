import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { unknownFlags } from "../../cli/program";
import { createHarness } from "./harness";

const root = join(__dirname, "..", "..");
const pages = ["README.md", ...readdirSync(join(root, "docs"), { recursive: true }).map((file) => join("docs", String(file)))].filter(
  (file) => file.endsWith(".md"),
);

/** What follows the program in a line, up to the end of the command. Quotes and variables as a shell takes them. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, single, double, plain, end] of line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"|;&>)]+)|([|;&>)])/g)) {
    if (end) break;
    words.push((single ?? double ?? plain)!.replace(/\$\{?\w+\}?/g, "value"));
  }
  return words;
}

const takesFiles = ([name]: readonly string[]): boolean => name === "submit" || name === "cost";

interface Line {
  readonly page: string;
  readonly line: string;
  readonly words: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every `mks-batch …` of a page's shell examples; files that the page shows, `# name.yaml` in their first line, are there. */
function linesOf(page: string): Line[] {
  const text = readFileSync(join(root, page), "utf8");
  const shown = new Map<string, string>();
  for (const [, content = "", name = ""] of text.matchAll(/^```yaml\n(# ([\w./-]+\.ya?ml)\n[\s\S]*?)^```/gm)) {
    const file = join(folder, `${relative(root, page).replaceAll(/\W/g, "-")}-${name.replaceAll("/", "-")}`);
    writeFileSync(file, content);
    shown.set(name, file);
  }
  let last = "";
  const fileOf = (word: string, before: string | undefined): string => {
    if (before !== "-f" && before !== "--file" && before !== "--tasks") return word;
    // A file on stdin is the one before, as the example changed it.
    if (word === "-") return last;
    return (last = shown.get(word) ?? join(root, word));
  };
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) =>
    block
      .replaceAll(/\\\n\s*/g, " ")
      .split("\n")
      .filter((line) => !line.trimStart().startsWith("#"))
      .flatMap((line) => [...line.matchAll(/(?<![\w-])mks-batch +(.*)$/g)].map(([, rest = ""]) => wordsOf(rest)))
      .map((words) => ({
        page,
        line: words.join(" "),
        words: takesFiles(words) ? words.map((word, i) => fileOf(word, words[i - 1])) : words,
      })),
  );
}

const lines = pages.flatMap(linesOf);

test("the documentation has an example of every command", () => {
  const here = new Set(lines.filter(({ page }) => page === join("docs", "command-line.md")).map(({ words }) => words[0]));
  const all = ["submit", "list", "status", "logs", "cancel", "retry", "results", "cost", "report", "simulate", "completion"];
  expect([...here].sort()).toEqual(all.sort());
});

test.each(lines.map(({ page, line, words }) => [page, line, words] as const))("%s: mks-batch %s", async (_page, _line, words) => {
  const { run, world } = createHarness();
  const silent = { write: () => true };
  expect(unknownFlags(words, { ...world, stdout: silent, stderr: silent })).toEqual([]);
  if (words[0] === "simulate") return;
  // Without a cluster and a bucket, a right command ends with 4, and a wrong one with 2 before it looks for them.
  const { status, err } = await run(words, { env: {}, pulumi: () => Promise.reject(new Error("no stack")) });
  expect({ status, err }).toEqual({ status: words[0] === "completion" ? 0 : 4, err: expect.any(String) as string });
});
