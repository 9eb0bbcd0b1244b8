import { type Register } from "../connection/context";
import { overview, queueOverview, readSchedule, statusWith } from "../../batch";
import { table } from "../terminal/table";

export function registerList(register: Register): void {
  register("list", "list the Jobs of the bucket", async (context) => {
    const clients = await context.clients();
    const jobs = await Promise.all(
      (await context.jobs()).entries.map(async (entry) => {
        const { submittedAt, submittedBy, parameters } = entry;
        const { name, namespace, schedule } = parameters;
        const { status, counts } = await overview(entry, clients);
        const shown = schedule && status === "unfinished" ? statusWith(status, await readSchedule(clients.cluster, parameters)) : status;
        return { name, namespace, status: shown, counts, submittedAt, submittedBy, schedule: schedule?.cron };
      }),
    );
    const queues = await Promise.all(
      (await context.queues()).map(async (queue) => {
        const { settings, scaledJob } = queue;
        const { name, namespace } = settings;
        return { name, namespace, ...(await queueOverview(queue, clients)), submittedAt: scaledJob?.metadata.creationTimestamp };
      }),
    );
    context.print({ jobs, queues }, () => {
      if (jobs.length === 0 && queues.length === 0) return "there are no Jobs";
      const rows = jobs.map(({ name, namespace, status, counts, submittedAt, submittedBy, schedule }) => {
        return [name, namespace, status, counts.total, counts.succeeded, counts.failed, submittedAt, submittedBy, schedule];
      });
      for (const { name, namespace, status, counts, submittedAt } of queues)
        rows.push([name, namespace, status, counts.total, counts.succeeded, counts.failed, submittedAt, "keda", "queue"]);
      return table(["name", "namespace", "status", "tasks", "succeeded", "failed", "submitted", "by", "schedule"], rows);
    });
  });
}
