import type { KubeApi, KubeObject } from "../api/kube-api";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

interface Node extends KubeObject {
  readonly spec: { readonly taints?: readonly { key: string }[] };
  readonly status: { readonly conditions?: readonly Condition[] };
}

/** Whether pods can be scheduled to the node: the controller manager has taken away the taint of its boot, too. */
function isReady(node: Node | undefined): boolean {
  const condition = node?.status.conditions?.find((c) => c.type === "Ready");
  return condition?.status === "True" && !node?.spec.taints?.some((taint) => taint.key === "node.kubernetes.io/not-ready");
}

/** The cluster's Node objects as they are now. */
export class NodeWatch {
  private nodes = new Map<string, Node>();
  private readonly waiting = new Set<() => void>();

  /**
   * @param onMissing called with the names that were there and are not any more
   * @param abort ends the watch
   */
  constructor(
    api: Pick<KubeApi, "follow">,
    private readonly onMissing: (name: string) => void,
    abort: AbortSignal,
  ) {
    const handler = {
      replace: (nodes: readonly Node[]) => {
        const before = this.nodes;
        this.nodes = new Map(nodes.map((node) => [node.metadata.name, node]));
        for (const name of before.keys()) if (!this.nodes.has(name)) this.onMissing(name);
        this.wake();
      },
      set: (node: Node) => {
        this.nodes.set(node.metadata.name, node);
        this.wake();
      },
      remove: (node: Node) => {
        this.nodes.delete(node.metadata.name);
        this.onMissing(node.metadata.name);
        this.wake();
      },
    };
    void api.follow<Node>("/api/v1/nodes", handler, abort);
  }

  /**
   * Resolves once the node is Ready.
   *
   * @param timeout milliseconds
   * @returns undefined, or what the node last said of itself when it was not Ready in time
   */
  async waitReady(name: string, timeout: number, abort: AbortSignal): Promise<string | undefined> {
    const end = Date.now() + timeout;
    while (!isReady(this.nodes.get(name))) {
      abort.throwIfAborted();
      const left = end - Date.now();
      if (left <= 0) return this.nodes.get(name)?.status.conditions?.find((c) => c.type === "Ready")?.message ?? "it has no Node object";
      await this.nextChange(Math.min(left, 1_000));
    }
    return undefined;
  }

  private nextChange(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeout);
      this.waiting.add(done);
    });
  }

  private wake(): void {
    for (const done of this.waiting) done();
  }
}
