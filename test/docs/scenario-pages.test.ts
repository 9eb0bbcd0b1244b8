import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

const pages = readdirSync(join(root, "docs", "scenarios")).flatMap((file) => /^(.*)\.md$/.exec(file)?.[1] ?? []);
const tests = readdirSync(join(root, "test", "e2e"), { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ folder: join(file, ".."), text: read("test", "e2e", file) }));

test.each(pages)("docs/scenarios/%s.md: an end-to-end test runs its commands, and fails when one was not run", (page) => {
  const own = tests.filter(({ text }) => text.includes(`new Page("${page}"`));
  expect(own).toHaveLength(1);
  const [, name = ""] = new RegExp(`(\\w+)(?: =|:) new Page\\("${page}"`).exec(own[0]!.text) ?? [];
  // Where one file has several pages for others, each has a name of its own.
  const files = name === "page" ? own : tests.filter(({ folder, text }) => folder === own[0]!.folder && text.includes(name));
  const checks = new RegExp(`\\b${name}\\.unused\\b`);
  expect(files.filter(({ text }) => checks.test(text))).not.toEqual([]);
});

test("the README's first Job is run as it stands", () => {
  expect(tests.some(({ text }) => text.includes('new Page("../../README", env).run("mks-batch submit")'))).toBe(true);
});

test("what the README takes for granted of the image is in the local cloud's documentation", () => {
  const [, image = ""] = /--image (\S+)/.exec(read("README.md")) ?? [];
  expect(read("docs", "local-cloud.md")).toContain(image);
  expect(read("local", "images", "base.ts")).toContain(`"${image}"`);
});
