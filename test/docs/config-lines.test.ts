import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../stacks/load";
import { readStackFile } from "../stacks/run";

const root = join(__dirname, "..", "..");
const pages = ["README.md", ...readdirSync(join(root, "docs"), { recursive: true }).map((file) => join("docs", String(file)))].filter(
  (file) => file.endsWith(".md"),
);

interface Line {
  readonly page: string;
  readonly line: string;
  readonly path: boolean;
  readonly secret: boolean;
  readonly key: string;
  /** Undefined where Pulumi asks for it. */
  readonly value: string | undefined;
}

/** Every `pulumi config set …` of a page's examples. */
function linesOf(page: string): Line[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^(?: {4})?(?:npm run local -- exec -- )?(pulumi config set .*)$/gm)].map(([, line = ""]) => {
    const words = [...line.slice("pulumi config set ".length).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    const flags = words.filter((word) => word.startsWith("--"));
    const [key = "", value] = words.filter((word, i) => !word.startsWith("--") && words[i - 1] !== "--stack");
    return { page, line, path: flags.includes("--path"), secret: flags.includes("--secret"), key, value };
  });
}

/** As `pulumi config set --path` reads a value. */
const typed = (value: string): unknown =>
  value === "true" || value === "false" ? value === "true" : /^(0|[1-9]\d*)$/.test(value) ? Number(value) : value;

/** The stack's configuration after these lines, as Pulumi hands it to the program. */
function configOf(stack: string, lines: readonly Line[]): Record<string, string> {
  const config: Record<string, string> = { ...readStackFile(stack) };
  for (const { path, key, value = "x" } of lines) {
    const full = key.includes(":") ? key : `ovh-mks-batch:${key}`;
    if (!path) {
      config[full] = value;
      continue;
    }
    // A place in a list is a number in brackets.
    const [top = "", ...rest] = full.replaceAll("]", "").split(/[.[]/);
    const object = JSON.parse(config[top] ?? "{}") as Record<string, unknown>;
    let at = object;
    for (const [n, name] of rest.slice(0, -1).entries())
      at = (at[name] ??= /^\d+$/.test(rest[n + 1]!) ? [] : {}) as Record<string, unknown>;
    at[rest.at(-1)!] = typed(value);
    config[top] = JSON.stringify(object);
  }
  return config;
}

const env = { OVH_ENDPOINT: "ovh-eu", OVH_APPLICATION_KEY: "key", OVH_APPLICATION_SECRET: "secret", OVH_CONSUMER_KEY: "consumer" };
const load = (config: Record<string, string>, environment: NodeJS.ProcessEnv) =>
  loadConfig({ config, secretKeys: [], env: environment, exists: () => false });

/** These configure programs of their own. */
const ofOthers = ["chain.md", "queue-spring-postgresql.md"].map((page) => join("docs", "scenarios", page));
const ofThisProgram = pages.filter((page) => !ofOthers.includes(page) && linesOf(page).length > 0);
/** What a stack must have, from the page that says how to set it. */
const needed = linesOf(join("docs", "deploy.md")).filter(({ key }) => key === "serviceName" || key === "images.registry");

test("there are some, on more than one page", () => expect(ofThisProgram.length).toBeGreaterThan(3));

test.each(ofThisProgram)("the settings that %s sets exist and have right values", (page) => {
  const lines = linesOf(page);
  // Who sets credentials has none in the environment.
  const signsIn = lines.some(({ key }) => key.startsWith("ovh:"));
  expect(load(configOf("dev", [...needed, ...lines]), signsIn ? {} : env).settings).toBeDefined();
  // On the command line it would be in the shell's history.
  for (const { secret, value } of lines) if (secret) expect(value).toBeUndefined();
});

test("after those of docs/deploy.md the stack has all that it needs, without an environment", () => {
  const all = linesOf(join("docs", "deploy.md"));
  const { settings, credentials } = load(configOf("dev", all), {});
  expect(settings.images).toMatchObject({ registry: "registry.example.com/batch", pullSecret: { username: "robot$batch+pull" } });
  expect(settings.autoscaler.api).toEqual({ endpoint: "ovh-eu", clientId: "1f1f1f1f1f1f1f1f", clientSecret: "x" });
  expect(credentials).toEqual({ endpoint: "ovh-eu", clientId: "0f0f0f0f0f0f0f0f", clientSecret: "x" });
  expect(all.filter(({ secret }) => !secret).map(({ key }) => key)).not.toContainEqual(expect.stringMatching(/password|secret|[kK]ey/));
});
