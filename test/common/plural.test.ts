import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const folders = [
  "autoscaler",
  "batch",
  "cli",
  "common",
  "components",
  "controller",
  "kubernetes",
  "local",
  "report",
  "simulator",
  "stacks",
];
/** The stand-ins speak as the plugins do. */
const others = join("local", "plugins");
const things = "attempt|file|hour|image|job|log|minute|node|node-hour|object|package|pod|record|task|time";

const kinds = [
  { kind: "a word that a count chooses", pattern: /[!=]== 1 \? ["`']/ },
  { kind: "things whose number is not looked at", pattern: new RegExp(`\\$\\{[^}]+\\} (${things})s\\b`) },
  { kind: "a noun for one and more", pattern: /["`'][^"`']*\b[a-z]+\(e?s\)/ },
];

/** Numbers that are always greater than one; what only looks alike; comments. */
const exempt = [/`all \$\{total\} tasks`/, /\$\{(most|mostTasks|maxNodes)\}/, /this\.patience \/ 60_000/, /http\(s\)/, /^\s*(\*|\/)/];

const faults = folders
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, String(file))))
  .filter((file) => file.endsWith(".ts") && file !== join("common", "text.ts") && !file.startsWith(others))
  .flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, i) => (exempt.some((pattern) => pattern.test(line)) ? [] : [{ file: `${file}:${i + 1}`, line: line.trim() }])),
  );

test.each(kinds)("common/text.ts writes nouns and verbs of a number: no $kind", ({ pattern }) => {
  expect(faults.filter(({ line }) => pattern.test(line))).toEqual([]);
});
