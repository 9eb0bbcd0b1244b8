/** Credentials that a program gives, as kubeconfigs of OIDC users have it. @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
import { spawn } from "node:child_process";
import { isAbsolute } from "node:path";
import * as z from "zod";
import { ClusterError } from "./cluster";
import { BatchError } from "../common/errors";

const schema = z.object({
  apiVersion: z.enum(["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().nullish(),
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: z.enum(["Never", "IfAvailable", "Always"]).nullish(),
});

/** What the program may be told of the cluster. */
export type ClusterInfo = Readonly<Record<string, string | boolean | undefined>>;

export interface Program extends z.infer<typeof schema> {
  readonly cluster: ClusterInfo;
}

/** @param value a user's `exec` in a kubeconfig @throws {BatchError} which names the fault and never shows a value */
export function parseExec(value: unknown, cluster: ClusterInfo): Program {
  const result = schema.safeParse(value);
  const faults = result.error?.issues.map(({ path, message }) => `${["exec", ...path].join(".")}: ${message}`) ?? [];
  const { command = "", interactiveMode } = result.data ?? {};
  if (command.includes("/") && !isAbsolute(command)) faults.push("exec.command: must be a name that is found on PATH, or an absolute path");
  if (interactiveMode === "Always")
    faults.push("exec.interactiveMode: must not be Always, as there is no terminal; use a kubeconfig with a client certificate or a token");
  if (!result.data || faults.length > 0) throw new BatchError(`kubeconfig: ${faults.join("; ")}`);
  return { ...result.data, cluster };
}

export interface Credentials {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** How long the program may take, in milliseconds: it may wait for somebody who logs in by a browser. */
const patience = 3 * 60_000;
/** How long before their end credentials are replaced, in milliseconds. */
const margin = 10_000;
/** How long its output is read after its end, in milliseconds. */
const lastWords = 3_000;
/** Characters of its answer that are read at most. */
const longest = 2 ** 20;

const answerSchema = z.object({
  kind: z.literal("ExecCredential"),
  status: z.object({
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** Runs the program when credentials are needed, and again when they have expired or were refused. */
export class Login {
  private known: { readonly credentials: Credentials; readonly expires: number } | undefined;
  private asking: Promise<Credentials> | undefined;
  private succeeded = false;

  constructor(
    private readonly program: Program,
    private readonly now: () => number = Date.now,
    private readonly timeout = patience,
  ) {}

  /** @throws {ClusterError} when the program gives none. If it did before, that is worth another try. */
  async credentials(): Promise<Credentials> {
    if (this.known && this.now() < this.known.expires - margin) return this.known.credentials;
    return (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
  }

  /** The API server does not accept them, whatever their expiration time. */
  refused(credentials: Credentials): void {
    if (this.known?.credentials === credentials) this.known = undefined;
  }

  private async ask(): Promise<Credentials> {
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp: end } = this.read(await this.run());
    this.succeeded = true;
    this.known = { credentials: { token, cert, key }, expires: end ? Date.parse(end) : Infinity };
    return this.known.credentials;
  }

  private read(answer: string): z.infer<typeof answerSchema>["status"] {
    let parsed: unknown;
    try {
      parsed = JSON.parse(answer);
    } catch {
      throw this.fault("did not print JSON");
    }
    const { data } = answerSchema.safeParse(parsed);
    if (!data) throw this.fault("did not print an ExecCredential");
    const { token, clientCertificateData: cert, clientKeyData: key } = data.status;
    if (token === undefined && (cert === undefined || key === undefined)) throw this.fault("gave neither a token nor a client certificate");
    return data.status;
  }

  /** Runs the program and answers what it prints. Its complaints go where ours do, as with kubectl, and into no message: they may hold secrets. */
  private run(): Promise<string> {
    const { apiVersion, command, args, env, cluster, provideClusterInfo, installHint } = this.program;
    const request = { apiVersion, kind: "ExecCredential", spec: { interactive: false, ...(provideClusterInfo && { cluster }) } };
    const added = Object.fromEntries(env?.map(({ name, value }) => [name, value]) ?? []);
    return new Promise((resolve, reject) => {
      const child = spawn(command, args ?? [], {
        env: { ...process.env, ...added, KUBERNETES_EXEC_INFO: JSON.stringify(request) },
        stdio: ["ignore", "pipe", "inherit"],
      });
      // Not the option of `spawn`, whose timer outlives a program that is not there.
      const timer = setTimeout(() => child.kill("SIGKILL"), this.timeout);
      let answer = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        answer += text;
        if (answer.length > longest) child.kill("SIGKILL");
      });
      child.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const hint = installHint?.trim().replaceAll(/\s*\n\s*/g, " ");
        reject(this.fault(error.code === "ENOENT" ? `is not installed${hint ? `: ${hint}` : ""}` : `cannot be run (${error.code})`));
      });
      child.on("close", () => resolve(answer));
      child.on("exit", (code, signal) => {
        clearTimeout(timer);
        // What it has started may go on, e.g. a browser, and keep its output open.
        if (code === 0) return void setTimeout(() => child.stdout.destroy(), lastWords).unref();
        child.stdout.destroy();
        reject(
          this.fault(code === null ? `was ended (${signal}); it may take ${this.timeout / 1000} s` : `ended with exit status ${code}`),
        );
      });
    });
  }

  private fault(what: string): ClusterError {
    return new ClusterError(
      `the program '${this.program.command}', which gives the kubeconfig's credentials, ${what}`,
      this.succeeded ? undefined : 401,
    );
  }
}
