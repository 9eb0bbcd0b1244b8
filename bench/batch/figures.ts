import { type Figure, median } from "../harness/result";
import { linearFit, type Point, powerFit } from "./fit";
import { type Launch } from "./launch";
import { type NoOp } from "./noop";
import { type Wait } from "./wait";

export interface Measured {
  /** Median seconds of an `up` of an empty stack. */
  readonly base: number;
  /** 1,000 tasks as one BatchJob, and as Jobs by kubectl, in rounds. */
  readonly ours: readonly Launch[];
  readonly theirs: readonly Launch[];
  /** Plain Job resources, net of an `up` without them; the last of them 1,000. */
  readonly points: readonly Point[];
  /** 10,000 tasks as one BatchJob. */
  readonly large: Launch;
  readonly wait: Wait;
  readonly noop: { readonly up: NoOp; readonly preview: NoOp };
  /** Which Kubernetes plugin Pulumi had. */
  readonly plugin: string;
}

export function figures({ base, ours, theirs, points, large, wait, noop, plugin }: Measured): Figure[] {
  const smaller = points.slice(0, -1);
  const fits = [linearFit(smaller), powerFit(smaller)];
  const jobsSeconds = points.at(-1)!.seconds;
  const accepted = median(ours.map((launch) => launch.accepted)) - base;
  const pods = median(ours.map((launch) => launch.pods)) - base;
  const kubectl = { accepted: median(theirs.map((launch) => launch.accepted)), pods: median(theirs.map((launch) => launch.pods)) };
  const net = "net of an empty up";
  const jobs = `1,000 Job resources with ${plugin}: ${jobsSeconds.toFixed(1)} s; both ${net}`;
  const fitted = smaller.map(({ n, seconds }) => `${n}: ${seconds.toFixed(1)} s`).join(", ");
  const create = `kubectl create of 1,000 Jobs in one file; ours ${net}`;
  const same = (operation: string) => `the same ${operation} without the BatchJob; one listing of the bucket taken off`;
  const goal = (name: string, value: number, unit: string, comparator: "<=" | ">=", goal: number, against: string): Figure => ({
    name,
    value,
    unit,
    comparator,
    goal,
    against,
  });
  const raw = (name: string, value: number, against = "itself", unit = "s"): Figure => ({
    name,
    value,
    unit,
    comparator: "<=",
    goal: null,
    against,
  });
  return [
    goal("launch-1000-speedup-vs-pulumi-jobs", jobsSeconds / accepted, "ratio", ">=", 50, jobs),
    goal("launch-1000-ratio-vs-kubectl-create", accepted / kubectl.accepted, "ratio", "<=", 0.5, create),
    goal("pods-created-1000-ratio-vs-kubectl-create", pods / kubectl.pods, "ratio", "<=", 1, create),
    goal("launch-growth-1000-to-10000", (large.accepted - base) / accepted, "ratio", "<=", 10.5, `1,000 tasks; both ${net}`),
    goal("wait-10000-rss-mib", wait.peak, "MiB", "<=", 200, "the goal: peak of the dynamic provider's process until all tasks have ended"),
    goal("noop-up-10000-ratio", noop.up.ratio, "ratio", "<=", 1.2, same("up")),
    goal("preview-10000-ratio", noop.preview.ratio, "ratio", "<=", 1.2, same("preview")),
    raw("empty-up-seconds", base),
    raw("launch-1000-seconds", accepted, net),
    raw("launch-10000-seconds", large.accepted - base, net),
    raw("kubectl-create-1000-seconds", kubectl.accepted),
    ...points.map(({ n, seconds }) => raw(`pulumi-jobs-${n}-seconds`, seconds, `${net}; ${plugin}`)),
    ...fits.map(({ name, text, at }) => raw(`pulumi-jobs-1000-${name}-fit-seconds`, at(1000), `extrapolated from ${fitted}: ${text}`)),
    raw("pods-created-1000-seconds", pods, net),
    raw("kubectl-pods-created-1000-seconds", kubectl.pods),
    raw("pods-created-10000-seconds", large.pods - base, net),
    raw("wait-10000-seconds", wait.seconds, "from the first node until all tasks are recorded"),
    raw("listing-10000-seconds", noop.up.listing),
    raw("noop-up-10000-seconds", noop.up.with, `without the BatchJob ${noop.up.without.toFixed(2)} s`),
    raw("preview-10000-seconds", noop.preview.with, `without the BatchJob ${noop.preview.without.toFixed(2)} s`),
  ];
}
