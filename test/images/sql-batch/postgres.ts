import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCommand } from "../../../local/tools/search";

const image = join(__dirname, "..", "..", "..", "images", "sql-batch");

/** PostgreSQL's programs: Debian has those of the server in a folder of their own. */
function findPrograms(): string | undefined {
  const versions = "/usr/lib/postgresql";
  const folders = (existsSync(versions) ? readdirSync(versions) : []).map((version) => join(versions, version, "bin"));
  return folders
    .sort()
    .reverse()
    .find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "psql")));
}

/** It refuses to run as root: Debian's package has a user for it. */
function findUser(): string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const setpriv = findCommand("setpriv");
  const known = spawnSync("id", ["postgres"]).status === 0;
  return setpriv && known ? [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups"] : undefined;
}

export interface Database {
  /** Runs SQL and returns its rows, columns apart by `|`. */
  readonly sql: (text: string) => string[];
  /** Runs the image's program to its end, as the worker of that name. */
  readonly run: (worker?: string, env?: Readonly<Record<string, string>>) => SpawnSyncReturns<string>;
  /** Starts it. `kill` is that of a node that vanishes. */
  readonly start: (
    worker: string,
    env?: Readonly<Record<string, string>>,
  ) => { readonly ended: Promise<number | null>; readonly kill: () => void };
  readonly stop: () => void;
}

/** A server of its own, on a socket alone. @returns undefined on a machine without PostgreSQL */
export function startDatabase(): Database | undefined {
  const [programs, as] = [findPrograms(), findUser()];
  if (!programs || !as) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  const server = (program: string, ...args: string[]) => {
    const [command = "", ...rest] = [...as, join(programs, program), ...args];
    execFileSync(command, rest, { cwd: folder, stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, LC_ALL: "C.UTF-8" } });
  };
  server("initdb", "--pgdata", data, "--auth=trust", "--username=shop", "--no-sync");
  const options = `-k ${folder} -c listen_addresses= -c fsync=off -c autovacuum=off`;
  server("pg_ctl", "start", "--pgdata", data, "--wait", "--log", join(folder, "log"), "--options", options);
  const connection = { PGHOST: folder, PGUSER: "shop", PGDATABASE: "postgres", PATH: `${programs}:${process.env.PATH}`, LC_ALL: "C.UTF-8" };
  const environment = (worker: string, env: Readonly<Record<string, string>> = {}) => ({ ...connection, HOSTNAME: worker, ...env });
  const sql = (text: string): string[] => {
    const args = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--command", text];
    const out = execFileSync(join(programs, "psql"), args, { encoding: "utf8", env: connection, stdio: ["ignore", "pipe", "pipe"] });
    return out.split("\n").filter(Boolean);
  };
  execFileSync(join(programs, "psql"), ["--no-psqlrc", "--quiet", "--file", join(image, "schema.sql")], { env: connection });
  return {
    sql,
    run: (worker = "orders-a", env) => spawnSync("sh", [join(image, "run.sh")], { encoding: "utf8", env: environment(worker, env) }),
    start(worker, env) {
      const child = spawn("sh", [join(image, "run.sh")], { env: environment(worker, env), stdio: "ignore" });
      const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
      return { ended, kill: () => void child.kill("SIGKILL") };
    },
    stop() {
      server("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
