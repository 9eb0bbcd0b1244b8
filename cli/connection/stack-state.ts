/** Which stack is meant, and the version of its state, without running Pulumi: the project's folder, the backend and, if that is a folder, the file in it. */
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import { type World } from "../terminal/world";

type StackContext = Pick<World, "cwd" | "env" | "home">;

/** What identifies a stack. */
export interface StackIdentity {
  readonly backend: string;
  /** Who asks: a bare stack name is of the organization that this account prefers. */
  readonly account: string;
  readonly folder: string;
  readonly project: string;
  /** As it was given, e.g. `dev` or `organization/project/dev`. */
  readonly name: string;
}

const projectSchema = z.object({ name: z.string(), backend: z.object({ url: z.string().optional() }).nullish() });
/** Of Pulumi's `credentials.json` and `config.json`, by the backend's URL. */
const credentialsSchema = z.object({
  current: z.string().optional(),
  accounts: z.record(z.string(), z.object({ username: z.string().optional() })).optional(),
});
const configSchema = z.object({ backends: z.record(z.string(), z.object({ defaultOrg: z.string().optional() })).optional() });

/** Of the stack that `--stack` names in this folder; undefined when Pulumi would have to be asked. */
export async function findProject(name: string, { cwd, env, home }: StackContext): Promise<StackIdentity | undefined> {
  const found = await nearestProject(await realpath(cwd).catch(() => cwd));
  if (!found) return undefined;
  const pulumiHome = env.PULUMI_HOME || join(home, ".pulumi");
  const credentials = credentialsSchema.safeParse(await readYaml(join(pulumiHome, "credentials.json"))).data;
  const backend = env.PULUMI_BACKEND_URL || found.backend?.url || credentials?.current;
  if (!backend) return undefined;
  const config = configSchema.safeParse(await readYaml(join(pulumiHome, "config.json"))).data;
  const who = [pulumiHome, env.PULUMI_ACCESS_TOKEN, credentials?.accounts?.[backend]?.username, config?.backends?.[backend]?.defaultOrg];
  return { backend, account: who.map((part) => part ?? "").join(" "), folder: found.folder, project: found.name, name };
}

async function nearestProject(folder: string): Promise<(z.infer<typeof projectSchema> & { folder: string }) | undefined> {
  for (const file of ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]) {
    const text = await readFile(join(folder, file), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const project = projectSchema.safeParse(yaml(text)).data;
    return project && { ...project, folder };
  }
  const above = dirname(folder);
  return above === folder ? undefined : nearestProject(above);
}

/** JSON is YAML. Undefined without such a file. */
const readYaml = async (file: string): Promise<unknown> => yaml(await readFile(file, "utf8").catch(() => ""));

function yaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Changes with every change of the stack's state, e.g. with each step of an update. Undefined when the state is not in a folder of this machine.
 * @see https://www.pulumi.com/docs/iac/concepts/state-and-backends/ for `file://` backends
 */
export async function checkpointVersion(
  { backend, project: own, name }: StackIdentity,
  { home }: Pick<World, "home">,
): Promise<string | undefined> {
  if (!backend.startsWith("file://")) return undefined;
  const [path = ""] = backend.slice("file://".length).split("?");
  const root = path.startsWith("~") ? join(home, path.slice(1)) : path.startsWith("/") ? pathOf(path) : undefined;
  const [stack = "", project = own] = name.split("/").reverse();
  const file = root && join(root, ".pulumi", "stacks", project, `${stack}.json`);
  if (!file) return undefined;
  const found = await Promise.all(["", ".gz", ".zst"].map((ending) => stat(file + ending, { bigint: true }).catch(() => undefined)));
  const versions = found.map((one) => one && `${one.mtimeNs}-${one.size}-${one.ino}`);
  return versions.some(Boolean) ? versions.join(" ") : undefined;
}

/** A URL's path may have `%20` in it. */
function pathOf(path: string): string | undefined {
  try {
    return fileURLToPath(`file://${path}`);
  } catch {
    return undefined;
  }
}
