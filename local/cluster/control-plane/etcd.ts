/** etcd: how it is started, and the calls that the local cloud makes to it, as whoever runs a control plane does. */
import { mkdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Sandbox } from "../../sandbox";
import type { Service } from "./supervisor";

export const etcdUrl = "http://127.0.0.1:2379";

/** Where its socket file is, in the sandbox. etcd 3.4 takes a host and a port only, which then are the file's name in its working folder. */
const socketFolder = "/run/mks/etcd";
const socketName = "etcd.sock:0";

export interface EtcdParts {
  readonly sandbox: Pick<Sandbox, "outside">;
  /** Its executable. */
  readonly binary: string;
  /** Folder of the cluster's data. */
  readonly folder: string;
  /** Bytes above which it refuses writes whatever happens. */
  readonly quota: number;
  readonly cgroup: string;
}

export function etcd({ sandbox, binary, folder, quota, cgroup }: EtcdParts): Service {
  const peer = "http://127.0.0.1:2380";
  const argv = [
    binary,
    "--name=local",
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcdUrl},unix://${socketName}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=local=${peer}`,
    "--auto-compaction-retention=1",
    `--quota-backend-bytes=${quota}`,
    "--logger=zap",
    "--log-level=warn",
    // A killed process loses nothing by this; only a machine that loses power might.
    "--unsafe-no-fsync",
  ];
  const command = (): readonly string[] => {
    mkdirSync(sandbox.outside(socketFolder), { recursive: true });
    // One that was killed has left its socket, and a second one could not listen there.
    rmSync(sandbox.outside(join(socketFolder, socketName)), { force: true });
    return argv;
  };
  return { name: "etcd", command, options: { cgroup, cwd: socketFolder } };
}

export interface EtcdStatus {
  readonly memberId: string;
  /** Grows with each write, deletions included. */
  readonly revision: string;
  /** Bytes of its file, which never shrinks by itself. */
  readonly size: number;
  /** Bytes of the file that hold something. */
  readonly inUse: number;
  /** It refuses writes for want of space. */
  readonly isFull: boolean;
}

/** 64-bit numbers are strings in JSON, and left out where they are 0. */
const number = z.coerce.number().default(0);
const statusSchema = z.object({
  header: z.object({ member_id: z.string(), revision: z.string().default("0") }),
  dbSize: number,
  dbSizeInUse: number,
  errors: z.array(z.string()).default([]),
});

/** Keys and values are in base64. */
interface RangeAnswer {
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
  /** There are keys after these. */
  readonly more?: boolean;
}

/** Keys that are read at once. */
const pageSize = 500;

const encode = (bytes: string | Buffer): string => Buffer.from(bytes).toString("base64");
const decodedLength = (base64: string): number => (base64.length / 4) * 3 - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);

/** gRPC's code of what etcd answers when a revision has been compacted already. */
const outOfRange = 11;

class EtcdError extends Error {
  override readonly name = "EtcdError";
  constructor(
    message: string,
    readonly code: unknown,
  ) {
    super(message);
  }
}

/** Milliseconds without an answer; a big file takes a while to be rewritten. */
const timeout = 60_000;

/** Speaks etcd's JSON (its gRPC gateway) over the socket file: etcd listens to nobody outside the sandbox. */
export class EtcdClient {
  private readonly socketPath: () => string;

  constructor(sandbox: Pick<Sandbox, "outside">) {
    this.socketPath = () => sandbox.outside(join(socketFolder, socketName));
  }

  async status(): Promise<EtcdStatus> {
    const { header, dbSize, dbSizeInUse, errors } = statusSchema.parse(await this.call("maintenance/status", {}));
    const isFull = errors.some((error) => error.includes("alarm:NOSPACE"));
    return { memberId: header.member_id, revision: header.revision, size: dbSize, inUse: dbSizeInUse, isFull };
  }

  /** Bytes of all keys and values as they are now, without their past. Reads them all. */
  async contents(): Promise<number> {
    let bytes = 0;
    // From the first key that there can be to the last.
    for (let key: string | undefined = encode("\0"); key !== undefined;) {
      const { kvs = [], more }: RangeAnswer = await this.call("kv/range", {
        key,
        range_end: encode("\0"),
        limit: pageSize,
        serializable: true,
      });
      for (const { key, value = "" } of kvs) bytes += decodedLength(key) + decodedLength(value);
      const last = kvs.at(-1);
      key = more && last ? encode(Buffer.concat([Buffer.from(last.key, "base64"), Buffer.from("\0")])) : undefined;
    }
    return bytes;
  }

  /** Has it refuse writes, as it does by itself when it is full, or take them again. */
  async setFull({ memberId }: Pick<EtcdStatus, "memberId">, isFull: boolean): Promise<void> {
    await this.call("maintenance/alarm", { action: isFull ? "ACTIVATE" : "DEACTIVATE", memberID: memberId, alarm: "NOSPACE" });
  }

  /** Forgets what objects were before a revision, and gives the space back to the file system. */
  async cleanUp({ revision }: Pick<EtcdStatus, "revision">): Promise<void> {
    await this.call("kv/compaction", { revision, physical: true }).catch((error: unknown) => {
      if (!(error instanceof EtcdError) || error.code !== outOfRange) throw error;
    });
    await this.call("maintenance/defragment", {});
  }

  private async call<T>(path: string, body: object): Promise<T> {
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request(
        {
          socketPath: this.socketPath(),
          method: "POST",
          path: `/v3/${path}`,
          headers: { "Content-Type": "application/json" },
          agent: false,
          timeout,
        },
        (response) => void text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
      );
      asked.on("timeout", () => asked.destroy(new Error(`no answer for ${timeout / 1000} s`))).on("error", reject);
      asked.end(JSON.stringify(body));
    });
    if (answer.status === 200) return JSON.parse(answer.body) as T;
    throw new EtcdError(`etcd: ${path}: ${answer.status} ${answer.body.trim()}`, codeIn(answer.body));
  }
}

function codeIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { code?: unknown }).code;
  } catch {
    return undefined;
  }
}
