/** When a node worked on a task. Times are ISO 8601 in UTC. */
export interface Span {
  readonly node?: string;
  readonly start?: string;
  readonly end?: string;
}
