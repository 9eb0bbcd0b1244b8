/** Where the cluster and the bucket are: from flags, the stack's outputs, the operators' Secret, the environment. */
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { messageOf } from "../../batch";
import { type Cluster, ClusterError, type Secret } from "../../kubernetes/cluster";
import { once } from "../../common/concurrency";
import { type Timing } from "../../kubernetes/client";
import { type StoreSettings, type Store } from "../../batch/storage/store";
import { operatorNamespace, s3SecretName, s3Variables as variables } from "../../batch/spec/secrets";
import { verb } from "../../common/text";
import { CliError, exitCodes } from "../terminal/errors";
import { type KeptFacts, openStack, type StackFacts } from "./stack";
import { type World } from "../terminal/world";

export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly stack?: string;
  readonly namespace?: string;
}

/** For the first request, in milliseconds. */
const quick: Timing = { silence: 10_000, patience: 10_000 };

/** For a cluster that may be gone since it was kept: Pulumi knows the one that is there. */
const quicker: Timing = { silence: 4_000, patience: 4_000 };

interface FoundStack {
  readonly facts: StackFacts;
  readonly store?: StoreSettings;
  readonly secret?: Secret;
}

const unreachable = (message: string) => new CliError(message, exitCodes.unreachable);

/** Looks everything up when it is first needed, and once. */
export class Connection {
  private readonly opened: { close?(): void }[] = [];

  constructor(
    private readonly options: ConnectionOptions,
    private readonly world: World,
    /** Told while the bucket does not answer. */
    private readonly say: (text: string) => void,
  ) {}

  /** @throws {CliError} when there is no kubeconfig; it names the places that were looked at. */
  readonly cluster = once(async (): Promise<Cluster> => {
    // Whoever waits for tasks is patient with the API server, but not with a wrong address.
    await this.secret().catch((error: unknown) => {
      if (!(error instanceof ClusterError) || error.transient || error.status === 401) throw error;
    });
    return this.connect(await this.kubeconfig());
  });

  readonly store = once(async (): Promise<Store> => this.world.openStore(await this.storeSettings(), this.say));

  /** `--namespace`, else that of the job file, else the stack's, else the default of the resource. */
  readonly namespace = once(async (): Promise<string> => {
    const given = this.options.namespace ?? this.fileNamespace;
    return given ?? (await this.stack())?.facts.namespace ?? "batch";
  });

  /** How the stack's nodes are billed; undefined without `--stack`. */
  readonly billing = once(async () => (await this.stack())?.facts.nodeBilling);

  /** Who orders nodes for the stack's Jobs; undefined without `--stack`. */
  readonly provisioner = once(async () => (await this.stack())?.facts.provisioner);

  /** What the stack's cluster costs beside its nodes; nothing is known of that without `--stack`. */
  readonly clusterFees = once(async () => (await this.stack())?.facts.clusterFees ?? []);

  /** What a job file says; to be set before anything is looked up. */
  fileNamespace: string | undefined;

  /** Ends connections that are kept open; else the program would wait for them. */
  close(): void {
    for (const cluster of this.opened) cluster.close?.();
  }

  /** @throws {CliError} when the bucket cannot be told; it names what was tried. */
  readonly storeSettings = once(async (): Promise<StoreSettings> => {
    const tried: string[] = [];
    const stack = await this.stack();
    if (stack) {
      if (stack.store) return stack.store;
      tried.push(`stack ${this.options.stack}: lacks the outputs bucket, s3Endpoint, s3Region or s3Credentials`);
    }
    const fromSecret = await this.settingsOfSecret(tried);
    if (fromSecret) return fromSecret;
    const missing = missingIn(this.world.env);
    if (missing.length === 0) return settingsFrom(this.world.env);
    tried.push(`environment: ${missing.join(", ")} ${verb(missing.length, "are")} not set`);
    throw unreachable(`no bucket found; it is told by --stack, the Secret ${s3SecretName} or the environment:\n${lines(tried)}`);
  });

  private readonly secret = once(async () => {
    const known = this.options.kubeconfig === undefined ? (await this.stack())?.secret : undefined;
    return known ?? this.secretOf(await this.kubeconfig(), await this.namespace(), quick);
  });

  private secretOf(kubeconfig: string, namespace: string, timing: Timing) {
    return this.connect(kubeconfig, timing).get("secrets", operatorNamespace(namespace), s3SecretName);
  }

  /** What was kept of `--stack`, if its cluster has all of the operators' Secret, else what Pulumi says now; undefined without `--stack`. */
  private readonly stack = once(async (): Promise<FoundStack | undefined> => {
    if (this.options.stack === undefined) return undefined;
    const stack = openStack(this.options.stack, this.world);
    const known = await this.known(await stack.kept());
    if (known) return known;
    const facts = await stack.ask();
    const { bucket, s3Endpoint: endpoint, s3Region: region, s3Credentials } = facts;
    if (!bucket || !endpoint || !region || !s3Credentials) return { facts };
    return { facts, store: { bucket, endpoint, region, ...s3Credentials } };
  });

  /** With the stack's own Secret, whatever `--namespace` says: it has what its outputs have. Undefined when the cluster does not answer with it. */
  private async known(facts: KeptFacts | undefined): Promise<FoundStack | undefined> {
    if (!facts) return undefined;
    try {
      const secret = await this.secretOf(facts.kubeconfig, facts.namespace ?? "batch", quicker);
      if (!secret?.data || missingIn(secret.data).length > 0) return undefined;
      return { facts, store: settingsFrom(secret.data, decoded), secret };
    } catch (error) {
      if (error instanceof ClusterError || error instanceof CliError) return undefined;
      throw error;
    }
  }

  private connect(kubeconfig: string, timing?: Timing): Cluster {
    try {
      const cluster = this.world.connect(kubeconfig, timing);
      this.opened.push(cluster);
      return cluster;
    } catch (error) {
      throw unreachable(messageOf(error));
    }
  }

  private async settingsOfSecret(tried: string[]): Promise<StoreSettings | undefined> {
    const place = `Secret ${s3SecretName} in namespace ${operatorNamespace(await this.namespace())}`;
    try {
      const data = (await this.secret())?.data;
      if (!data) {
        tried.push(`${place}: is not there; \`pulumi up\` makes it, and --namespace says beside which namespace`);
        return undefined;
      }
      const missing = missingIn(data);
      if (missing.length === 0) return settingsFrom(data, decoded);
      tried.push(`${place}: lacks ${missing.join(", ")}`);
    } catch (error) {
      if (!(error instanceof ClusterError || error instanceof CliError)) throw error;
      tried.push(`${place}: ${error.message.replaceAll("\n", "\n  ")}`);
    }
    return undefined;
  }

  private readonly kubeconfig = once(async (): Promise<string> => {
    const { options, world } = this;
    if (options.kubeconfig !== undefined) return readKubeconfig(options.kubeconfig, "--kubeconfig");
    const stack = await this.stack();
    if (stack) {
      const { kubeconfig } = stack.facts;
      if (kubeconfig) return kubeconfig;
      throw unreachable(`stack ${options.stack} has no output 'kubeconfig'; has \`pulumi up\` come to its end?`);
    }
    if (world.env.KUBECONFIG) {
      const [first = "", ...more] = world.env.KUBECONFIG.split(delimiter).filter(Boolean);
      if (more.length > 0) throw unreachable("KUBECONFIG names several files; give the one to use with --kubeconfig");
      return readKubeconfig(first, "KUBECONFIG");
    }
    const standard = join(world.home, ".kube", "config");
    const text = await readFile(standard, "utf8").catch(() => undefined);
    if (text !== undefined) return text;
    throw unreachable(
      `no kubeconfig found:\n${lines([
        "--kubeconfig FILE and --stack NAME: not given",
        "KUBECONFIG: is not set",
        `${standard}: cannot be read`,
      ])}`,
    );
  });
}

/** The variables of the bucket that have no value. */
const missingIn = (values: Readonly<Record<string, string | undefined>>): string[] =>
  Object.values(variables).filter((name) => !values[name]);

const decoded = (text: string): string => Buffer.from(text, "base64").toString();

const settingsFrom = (values: Readonly<Record<string, string | undefined>>, decode = (text: string) => text): StoreSettings =>
  Object.fromEntries(Object.entries(variables).map(([key, name]) => [key, decode(values[name] ?? "")])) as Record<
    keyof StoreSettings,
    string
  >;

const lines = (texts: readonly string[]): string => texts.map((text) => `  - ${text}`).join("\n");

async function readKubeconfig(file: string, source: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unreachable(`${source}: ${file} ${code === "ENOENT" ? "does not exist" : `cannot be read (${code})`}`);
  }
}
