/** What is seen of the cluster while pods come and go. */
import type { KubeClient } from "../../kubernetes/client";
import { readState, type State } from "../../local/demo/karpenter/state";
import { parseSamples, sumOf } from "../harness/prometheus";

/** Milliseconds between two looks at Karpenter's memory, each of which reads all of its metrics. */
const memoryEvery = 5_000;

const pods = "/api/v1/namespaces/karpenter/pods";

export class Watch {
  /** All that was seen since {@link forget}. */
  states: State[] = [];
  /** The highest resident memory of Karpenter's program, in MiB. */
  memory = 0;
  private lookedAt = -Infinity;

  constructor(private readonly client: KubeClient) {}

  forget(): void {
    this.states = [];
  }

  async look(): Promise<State> {
    const state = await readState(this.client);
    this.states.push(state);
    if (Date.now() - this.lookedAt >= memoryEvery) {
      this.lookedAt = Date.now();
      this.memory = Math.max(this.memory, await this.readMemory());
    }
    return state;
  }

  private async readMemory(): Promise<number> {
    const { items } = await this.client.call<{ items: { metadata: { name: string } }[] }>({ method: "GET", path: pods });
    const texts = items.map(({ metadata }) => this.client.text({ method: "GET", path: `${pods}/${metadata.name}:8080/proxy/metrics` }));
    const each = (await Promise.all(texts)).map((text) => sumOf(parseSamples(text), "process_resident_memory_bytes"));
    return Math.max(...each) / 2 ** 20;
  }
}
