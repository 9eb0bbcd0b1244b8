/** A Job of very many tasks on simulated nodes. */

/** A simulated pod of a Job ends well when it has run for what this annotation says; see local/cluster/nodes/kwok-stages.yaml. */
const delayAnnotation = "pod-complete.stage.kwok.x-k8s.io/delay";

export const jobName = "large";
export const namespace = "batch";
export const pool = "compute";
export const recordsPrefix = `batch/${jobName}/records/`;

export interface JobShape {
  readonly tasks: number;
  /** How long each task runs. */
  readonly seconds: number;
  /** Of a c2-15, which offers 3.83. */
  readonly cpu: string;
}

/** One of the small Jobs beside a large one. */
export const smallJob: JobShape = { tasks: 4, seconds: 5, cpu: "1" };

/** What `mks-batch submit -f` takes. Nothing ever runs the image. */
export const jobFile = ({ tasks, seconds, cpu }: JobShape, name = jobName) => ({
  name,
  image: "registry.example.com/sweep@sha256:2c5b6d1ab3f7c4ab5aa3e4b0a8f4d5c6e7f8091a2b3c4d5e6f708192a3b4c5d6",
  command: ["/bin/analyse", "--out", "results/"],
  tasks: Array.from({ length: tasks }, (_, index) => ({
    env: { SEED: String(index), ALPHA: (index / 1000).toFixed(3), INPUT: `inputs/run-${index % 100}.root` },
  })),
  cpu,
  memory: "256Mi",
  ephemeralStorage: "1Gi",
  pool,
  annotations: { [delayAnnotation]: `${seconds}s` },
});
