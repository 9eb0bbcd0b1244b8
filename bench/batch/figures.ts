import { atMost, type Figure, figure, median } from "../harness/result";
import { describeDuration, type Duration, medianDuration } from "./bound";
import { linearFit, powerFit } from "./fit";
import { type Launch, type PeerLaunch } from "./launch";
import { type NoOp } from "./noop";
import { type Wait } from "./wait";

/** How many times as fast as plain Job resources a BatchJob shall be. */
export const speedupGoal = 50;

export interface JobsPoint {
  readonly n: number;
  /** Net of an `up` without them. */
  readonly accepted: Duration;
  /** How many of them were accepted; fewer than `n` where it was cut off. */
  readonly reached: number;
}

export interface Measured {
  /** Median seconds of an `up` of an empty stack. */
  readonly base: number;
  /** 1,000 tasks as one BatchJob, and as Jobs by kubectl, in rounds. */
  readonly ours: readonly Launch[];
  readonly theirs: readonly PeerLaunch[];
  /** Plain Job resources; the last of them 1,000. */
  readonly points: readonly JobsPoint[];
  /** 10,000 tasks as one BatchJob. */
  readonly large: Launch;
  readonly wait: Wait;
  readonly noop: { readonly up: NoOp; readonly preview: NoOp };
  /** Which Kubernetes plugin Pulumi had. */
  readonly plugin: string;
}

export function figures({ base, ours, theirs, points, large, wait, noop, plugin }: Measured): Figure[] {
  const smaller = points.slice(0, -1).flatMap(({ n, accepted: { seconds, ended } }) => (ended ? [{ n, seconds }] : []));
  // A line needs two points.
  const fits = smaller.length > 1 ? [linearFit(smaller), powerFit(smaller)] : [];
  const last = points.at(-1)!;
  const accepted = median(ours.map((launch) => launch.accepted)) - base;
  const pods = median(ours.map((launch) => launch.pods)) - base;
  const kubectl = {
    accepted: medianDuration(theirs.map((launch) => launch.accepted)),
    pods: medianDuration(theirs.map((launch) => launch.pods)),
  };
  const net = "net of an empty up";
  const cut = ({ n, accepted, reached }: JobsPoint): string =>
    accepted.ended ? "" : `, when ${reached} of ${n} were accepted and it was cut off`;
  const jobs = `1,000 Job resources with ${plugin}: ${describeDuration(last.accepted)}${cut(last)}; both ${net}`;
  const fitted = smaller.map(({ n, seconds }) => `${n}: ${seconds.toFixed(1)} s`).join(", ");
  const create = (duration: Duration): string => `kubectl create of 1,000 Jobs in one file: ${describeDuration(duration)}; ours ${net}`;
  const same = (operation: string) => `the same ${operation} without the BatchJob; one listing of the bucket taken off`;
  const raw = (name: string, value: number, against = "itself"): Figure => atMost(name, value, "s", null, against);
  const peer = (name: string, { seconds, ended }: Duration, against: string): Figure =>
    raw(name, seconds, ended ? against : `at least, for it was cut off; ${against}`);
  return [
    figure("launch-1000-speedup-vs-pulumi-jobs", last.accepted.seconds / accepted, "ratio", ">=", speedupGoal, jobs),
    figure("launch-1000-ratio-vs-kubectl-create", accepted / kubectl.accepted.seconds, "ratio", "<=", 0.5, create(kubectl.accepted)),
    figure("pods-created-1000-ratio-vs-kubectl-create", pods / kubectl.pods.seconds, "ratio", "<=", 1, create(kubectl.pods)),
    figure("launch-growth-1000-to-10000", (large.accepted - base) / accepted, "ratio", "<=", 10.5, `1,000 tasks; both ${net}`),
    figure(
      "wait-10000-rss-mib",
      wait.peak,
      "MiB",
      "<=",
      200,
      "the goal: peak of the dynamic provider's process until all tasks have ended",
    ),
    figure("noop-up-10000-ratio", noop.up.ratio, "ratio", "<=", 1.2, same("up")),
    figure("preview-10000-ratio", noop.preview.ratio, "ratio", "<=", 1.2, same("preview")),
    raw("empty-up-seconds", base),
    raw("launch-1000-seconds", accepted, net),
    raw("launch-10000-seconds", large.accepted - base, net),
    peer("kubectl-create-1000-seconds", kubectl.accepted, "itself"),
    ...points.map((point) => peer(`pulumi-jobs-${point.n}-seconds`, point.accepted, `${net}; ${plugin}${cut(point)}`)),
    ...fits.map(({ name, text, at }) => raw(`pulumi-jobs-1000-${name}-fit-seconds`, at(1000), `extrapolated from ${fitted}: ${text}`)),
    raw("pods-created-1000-seconds", pods, net),
    peer("kubectl-pods-created-1000-seconds", kubectl.pods, "itself"),
    raw("pods-created-10000-seconds", large.pods - base, net),
    raw("wait-10000-seconds", wait.seconds, "from the first node until all tasks are recorded"),
    raw("listing-10000-seconds", noop.up.listing),
    raw("noop-up-10000-seconds", noop.up.with, `without the BatchJob ${noop.up.without.toFixed(2)} s`),
    raw("preview-10000-seconds", noop.preview.with, `without the BatchJob ${noop.preview.without.toFixed(2)} s`),
  ];
}
