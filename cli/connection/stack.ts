/**
 * The outputs of a Pulumi stack. `pulumi stack output` takes most of a second, so what says where the cluster is is kept in a file of the user's own, as
 * kubectl keeps its kubeconfig; the S3 keys are not in it. See docs/decisions/0005-what-is-kept-of-a-stack.md.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../batch";
import { provisioners } from "../../common/provisioner";
import { CliError, exitCodes } from "../terminal/errors";
import { checkpointVersion, findProject } from "./stack-state";
import { type World } from "../terminal/world";

const factsSchema = z.object({
  kubeconfig: z.string().optional(),
  namespace: z.string().optional(),
  provisioner: z.enum(provisioners).optional(),
  nodeBilling: z.enum(["hourly", "perSecond"]).optional(),
  clusterFees: z.array(z.object({ what: z.string(), planCode: z.string() })).optional(),
});

const outputsSchema = factsSchema.extend({
  bucket: z.string().optional(),
  s3Endpoint: z.string().optional(),
  s3Region: z.string().optional(),
  s3Credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }).optional(),
});

const keptFactsSchema = factsSchema.required({ kubeconfig: true });

const keptSchema = z.object({
  facts: keptFactsSchema,
  version: z.string().optional(),
  /** Milliseconds since 1970. */
  keptAt: z.number(),
});

export type StackFacts = z.infer<typeof factsSchema>;
export type KeptFacts = z.infer<typeof keptFactsSchema>;
export type StackOutputs = z.infer<typeof outputsSchema>;

/** How long a stack is believed to be as it was, in milliseconds, when its state is not in a file of this machine. */
const believed = 10 * 60_000;

export interface Stack {
  /** What was kept the last time; undefined when there is nothing, when the stack has changed since, or may have. */
  readonly kept: () => Promise<KeptFacts | undefined>;
  /** Asks Pulumi, and keeps what may be kept. @throws {CliError} when there is no such stack, or it is another program's */
  readonly ask: () => Promise<StackOutputs>;
}

export function openStack(name: string, world: Pick<World, "cwd" | "env" | "home" | "now" | "pulumi">): Stack {
  // Which file it is, the version of the state and the time: before Pulumi is asked, so that an update meanwhile makes what is kept outdated.
  const place = async () => {
    const project = await findProject(name, world);
    if (!project) return undefined;
    const id = createHash("sha256").update(JSON.stringify(project)).digest("hex").slice(0, 32);
    const folder = join(world.env.XDG_CACHE_HOME || join(world.home, ".cache"), "mks-batch", "stacks");
    return { file: join(folder, `${id}.json`), version: await checkpointVersion(project, world), now: world.now() };
  };
  const unreachable = (why: string) => new CliError(`--stack ${name}: ${why}`, exitCodes.unreachable);
  return {
    async kept() {
      const at = await place();
      const kept = at && (await read(at.file));
      if (!at || !kept || kept.version !== at.version) return undefined;
      const age = at.now - kept.keptAt;
      return at.version !== undefined || (age >= 0 && age < believed) ? kept.facts : undefined;
    },
    async ask() {
      const at = await place();
      const command = ["stack", "output", "--json", "--show-secrets", "--stack", name];
      try {
        const text = await world.pulumi(command).catch((error: unknown) => Promise.reject(unreachable(messageOf(error))));
        const outputs = parse(text);
        if (!outputs) throw unreachable("its outputs are not those of this project's program");
        const { kubeconfig, ...facts } = factsSchema.parse(outputs);
        if (at && kubeconfig !== undefined) await write(at.file, { facts: { kubeconfig, ...facts }, version: at.version, keptAt: at.now });
        else if (at) await forget(at.file);
        return outputs;
      } catch (error) {
        if (at) await forget(at.file);
        throw error;
      }
    },
  };
}

function parse(text: string): StackOutputs | undefined {
  try {
    return outputsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

type Kept = z.infer<typeof keptSchema>;

/** Nobody else may write it, who could lead commands to another cluster, or read it. */
async function read(file: string): Promise<Kept | undefined> {
  try {
    const { mode, uid } = await stat(file);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) return undefined;
    return keptSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Does nothing where no file can be made: then Pulumi is asked each time. */
async function write(file: string, kept: Kept): Promise<void> {
  const next = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(next, JSON.stringify(kept), { mode: 0o600, flag: "wx" });
    await rename(next, file);
  } catch {
    await forget(next);
  }
}

const forget = (file: string): Promise<void> => rm(file, { force: true }).catch(() => undefined);
