import { type Register } from "../connection/context";
import { cancel, isAtWork, isScheduled, parametersOf } from "../../batch";
import { exitCodes, usageError } from "../terminal/errors";

export function registerCancel(register: Register): void {
  register<{ all?: boolean }>(
    "cancel",
    "stop Jobs and delete them from the cluster; records and results stay",
    async (context, { all }, names) => {
      if (all && names.length > 0) throw usageError(["--all and names: keep one of them"]);
      if (!all && names.length === 0) throw usageError(["name the Jobs to cancel, or set --all; `mks-batch list` shows the Jobs"]);
      const { store, cluster } = await context.clients();
      const settings = await context.connection.storeSettings();
      const { entries = [], foreign = [] } = all ? await context.jobs() : {};
      const jobs = all
        ? entries.map((entry) => parametersOf(entry, settings))
        : await Promise.all(names.map(async (name) => (await context.job(name)).parameters));
      const cancelled: string[] = [];
      for (const parameters of jobs) {
        const { name } = parameters;
        // An ended Job goes too, but there is nothing to cancel of it.
        if (isScheduled(parameters) || (await isAtWork(cluster, parameters))) cancelled.push(name);
        await cancel(parameters, { cluster, store, say: (text) => context.note(`${name}: ${text}`) });
      }
      context.print({ cancelled }, () => (cancelled.length > 0 ? `cancelled: ${cancelled.join(", ")}` : "nothing was at work"));
      return foreign.length > 0 ? exitCodes.usage : exitCodes.done;
    },
  )
    .argument("[names...]", "Jobs to cancel")
    .option("--all", "cancel all Jobs of the bucket that are in the namespace");
}
