import { type JobRef, type Resources, type Shape } from "../../autoscaler/state/model";
import { parseResources } from "../../autoscaler/state/resources";
import { exponential, normal, type Random, randomFrom } from "./random";
import { type Trace, type TraceJob } from "./trace";

/** One piece of work: a pod that has to run once to its end. */
export interface Task {
  readonly id: string;
  readonly job: JobRef;
  readonly shape: Shape;
  /** Milliseconds since 1970. */
  readonly arrival: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** All the tasks of a trace in the order of their arrival. */
export function tasksOf(trace: Trace): Task[] {
  const start = Date.parse(trace.start);
  const tasks = trace.jobs.flatMap((job, index) => {
    const random = randomFrom(trace.seed * 1009 + index);
    const shape = shapeOf(job);
    return arrivalsOf(job, random).flatMap((arrival, serial) => {
      const name = job.repeat || job.poisson ? `${job.name}-${serial}` : job.name;
      const ref = { namespace: "batch", name, uid: name };
      return Array.from({ length: job.tasks }, (_, i): Task => {
        const late = job.overSeconds > 0 ? random() * job.overSeconds : 0;
        const milliseconds = Math.max(1, Math.round(durationOf(job, random) * 1000));
        return { id: `batch/${name}-${i}`, job: ref, shape, arrival: start + Math.round((arrival + late) * 1000), duration: milliseconds };
      });
    });
  });
  return tasks.sort((a, b) => a.arrival - b.arrival || (a.id < b.id ? -1 : 1));
}

/** The Jobs of CronJobs: at which times (milliseconds since 1970, in order) so many pods come. */
export interface Timetable {
  readonly times: readonly number[];
  readonly shape: Shape;
  readonly pods: number;
}

export function timetablesOf(trace: Trace): Timetable[] {
  const start = Date.parse(trace.start);
  return trace.jobs.flatMap((job) => {
    if (!job.scheduled || job.poisson) return [];
    const { times, everySeconds } = job.repeat ?? { times: 1, everySeconds: 0 };
    const all = Array.from({ length: times }, (_, i) => start + (job.at + i * everySeconds) * 1000);
    return [{ times: all, shape: shapeOf(job), pods: job.tasks }];
  });
}

/** When the Jobs come, in seconds after the trace's start. */
function arrivalsOf({ at, repeat, poisson }: TraceJob, random: Random): number[] {
  if (repeat) return Array.from({ length: repeat.times }, (_, i) => at + i * repeat.everySeconds);
  if (!poisson) return [at];
  const arrivals: number[] = [];
  for (let t = exponential(random) / poisson.perSecond; t < poisson.forSeconds; t += exponential(random) / poisson.perSecond)
    arrivals.push(at + t);
  return arrivals;
}

/** Seconds. */
function durationOf({ duration }: TraceJob, random: Random): number {
  if (typeof duration === "number") return duration;
  if ("uniform" in duration) return duration.uniform[0] + random() * (duration.uniform[1] - duration.uniform[0]);
  if ("exponential" in duration) return duration.exponential * exponential(random);
  return duration.lognormal.median * Math.exp(duration.lognormal.sigma * normal(random));
}

function shapeOf({ cpu, memory, gpu, extendedResources, pool, nodeSelector, tolerations }: TraceJob): Shape {
  return makeShape(
    { ...parseResources({ cpu, memory }), pods: 1, ...(gpu > 0 ? { "nvidia.com/gpu": gpu } : {}), ...extendedResources },
    { ...nodeSelector, ...(pool ? { nodepool: pool } : {}) },
    tolerations,
  );
}

/** What DaemonSets take of each node; no pod when they take nothing. */
export function daemonsOf({ daemons }: Trace): Shape[] {
  const { cpu = 0, memory = 0 } = parseResources(daemons);
  return cpu + memory > 0 ? [makeShape({ cpu, memory, pods: 1 }, {}, [{ operator: "Exists" }])] : [];
}

function makeShape(requests: Resources, nodeSelector: Shape["nodeSelector"], tolerations: Shape["tolerations"]): Shape {
  const shape = { requests, nodeSelector, affinity: [], tolerations };
  return { key: JSON.stringify(shape), ...shape };
}
