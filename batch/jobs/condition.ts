import { type Condition, type Job } from "../../kubernetes/cluster";

/** The condition with which a Job ended. */
export const finished = (job: Job): Condition | undefined =>
  job.status?.conditions?.find(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
