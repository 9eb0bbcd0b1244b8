import { type Labels, type Resources, type Taint } from "./model";

/** What the Ready nodes of a pool have in common, beside what its template says: its next node will likely have it too. */
export interface Traits {
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** Requests of the pods of no value that each of the nodes has. */
  readonly overhead: Resources;
  /** Until when the taints and the overhead are believed without a node that shows them, in milliseconds since 1970. */
  readonly until: number;
}
