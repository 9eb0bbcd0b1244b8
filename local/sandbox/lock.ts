import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { overlap, parseRange } from "../../common/cidr";
import { type ProcessIdentity, isAlive } from "../lib/proc";

/** What a running local cloud takes of the machine, so that another one can say who has it. */
export interface Claim {
  /** Work folder of the local cloud that owns it. */
  readonly work: string;
  readonly nodeCidr: string;
  readonly apiPort: number;
  readonly s3Port: number;
  /** A process that lives as long as the claim. */
  readonly holder: ProcessIdentity;
}

const folder = "/run/ovh-mks-batch";

export class Locks {
  /** @param dir where claims are kept; it must not survive a reboot */
  constructor(private readonly dir: string = folder) {}

  /** Living claims but the one of this name. Those of dead ones are removed. */
  private others(name: string): Claim[] {
    return this.files().flatMap((file) => {
      const claim = read(file);
      if (claim === undefined || file === this.file(name)) return [];
      if (isAlive(claim.holder)) return [claim];
      rmSync(file, { force: true });
      return [];
    });
  }

  /** Says for each setting that another claim than `name` stands in the way of; nothing when there is none. */
  conflicts(name: string, claim: Omit<Claim, "holder">): string[] {
    return this.others(name).flatMap((other) => {
      const taken = [
        ...(overlap(parseRange(claim.nodeCidr), parseRange(other.nodeCidr)) ? [`nodeCidr (${claim.nodeCidr})`] : []),
        ...(["apiPort", "s3Port"] as const).filter((port) => claim[port] === other[port]).map((port) => `${port} (${claim[port]})`),
      ];
      if (taken.length === 0) return [];
      return [
        `${taken.join(", ")}: taken by the local cloud in ${other.work}. Stop that one (npm run local -- down in its checkout), or give this one other values.`,
      ];
    });
  }

  put(name: string, claim: Claim): void {
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(this.file(name), JSON.stringify(claim, null, 2) + "\n");
  }

  remove(name: string): void {
    rmSync(this.file(name), { force: true });
    if (this.files().length > 0) return;
    rmSync(this.dir, { recursive: true, force: true });
  }

  private file(name: string): string {
    return join(this.dir, `${name}.json`);
  }

  private files(): string[] {
    try {
      return readdirSync(this.dir).map((name) => join(this.dir, name));
    } catch {
      return [];
    }
  }
}

function read(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Claim;
  } catch {
    return undefined;
  }
}
