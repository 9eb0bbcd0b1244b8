import { drawQueue } from "../../../local/demo/queue/plot";
import { type Item, sampleOf } from "../../../local/demo/queue/watch";

const counts = { waiting: 3, running: 2, done: 5, dead: 0, invoices: 5, again: 0 };

test("a sample counts Jobs that have not ended, pods by phase, and nodes", () => {
  const items: Item[] = [
    { kind: "Job", status: {} },
    { kind: "Job", status: { conditions: [{ type: "SuccessCriteriaMet", status: "True" }] } },
    { kind: "Job", status: { conditions: [{ type: "Complete", status: "True" }] } },
    { kind: "Job", status: { conditions: [{ type: "Failed", status: "True" }] } },
    { kind: "Pod", status: { phase: "Running" } },
    { kind: "Pod", status: { phase: "Pending" } },
    { kind: "Pod", status: { phase: "Succeeded" } },
    { kind: "Node" },
  ];
  expect(sampleOf(items, counts, 7)).toEqual({ ...counts, at: 7, jobs: 2, runningPods: 1, waitingPods: 1, nodes: 1 });
});

test("the plot has a line for items, one for pods and one for nodes; the time with items is shaded", () => {
  const at = (seconds: number, running: number) => ({ ...sampleOf([{ kind: "Node" }], { ...counts, waiting: 0, running }, seconds) });
  const svg = drawQueue([at(0, 5), at(10, 1), at(20, 0)]);
  expect([...svg.matchAll(/class="line" d="[^"]+"/g)]).toHaveLength(3);
  expect([...svg.matchAll(/class="load" x="56" y="36" width="324"/g)]).toHaveLength(3);
});
