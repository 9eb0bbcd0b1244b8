import { type Register } from "../connection/context";
import { overview, readSchedule, statusWith } from "../../batch";
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
    context.print({ jobs }, () => {
      if (jobs.length === 0) return "there are no Jobs";
      const rows = jobs.map(({ name, namespace, status, counts, submittedAt, submittedBy, schedule }) => {
        return [name, namespace, status, counts.total, counts.succeeded, counts.failed, submittedAt, submittedBy, schedule];
      });
      return table(["name", "namespace", "status", "tasks", "succeeded", "failed", "submitted", "by", "schedule"], rows);
    });
  });
}
