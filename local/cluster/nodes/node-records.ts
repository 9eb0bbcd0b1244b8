import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type NodeSpec, OutOfNodesError } from "../../api/state/backends";
import { writeAtomically } from "../../lib/files";

/** A node that this cluster has, from the moment it was asked for until nothing of it is left. */
export interface NodeRecord {
  readonly node: NodeSpec;
  readonly kind: "real" | "kwok";
  /** From 1, each kind by itself; the address and the pods' range of a real node follow from it. */
  readonly index: number;
  /** Its removal has begun and has to be brought to its end. */
  readonly stopping: boolean;
}

/** The nodes of a cluster, kept on disk so that a killed process loses none. */
export class NodeRecords {
  private readonly records = new Map<string, NodeRecord>();

  constructor(
    private readonly folder: string,
    private readonly limits: { readonly realNodes: number; readonly kwokNodes: number },
  ) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const record = JSON.parse(readFileSync(join(folder, file), "utf8")) as NodeRecord;
      this.records.set(record.node.name, record);
    }
  }

  get(name: string): NodeRecord | undefined {
    return this.records.get(name);
  }

  all(): NodeRecord[] {
    return [...this.records.values()];
  }

  /** The node's record, made if it has none: a real node as long as there is room, then a simulated one. @throws {OutOfNodesError} */
  claim(node: NodeSpec): NodeRecord {
    const known = this.records.get(node.name);
    if (known) return known;
    for (const [kind, limit] of [
      ["real", this.limits.realNodes],
      ["kwok", this.limits.kwokNodes],
    ] as const) {
      const taken = new Set(
        this.all()
          .filter((r) => r.kind === kind)
          .map((r) => r.index),
      );
      const index = Array.from({ length: limit }, (_, i) => i + 1).find((i) => !taken.has(i));
      if (index !== undefined) return this.put({ node, kind, index, stopping: false });
    }
    const { realNodes, kwokNodes } = this.limits;
    throw new OutOfNodesError(
      `All nodes that the local cloud's settings allow are in use (realNodes: ${realNodes}, kwokNodes: ${kwokNodes}).`,
    );
  }

  put(record: NodeRecord): NodeRecord {
    writeAtomically(this.file(record.node.name), JSON.stringify(record, null, 2));
    this.records.set(record.node.name, record);
    return record;
  }

  remove(name: string): void {
    rmSync(this.file(name), { force: true });
    this.records.delete(name);
  }

  private file(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
