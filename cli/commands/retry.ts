import { isScheduled } from "../../batch";
import { usageError } from "../errors";
import { launchJob } from "../launch";
import { type Register } from "../program";

export function registerRetry(register: Register): void {
  register<{ failed?: boolean; detach?: boolean }>(
    "retry",
    "run again what did not come to an end",
    async (context, { failed, detach }, [name = ""]) => {
      const { parameters } = await context.job(name);
      if (isScheduled(parameters))
        throw usageError([`${name}: runs by its schedule, with all its tasks each time; submit it without one to run it now`]);
      return launchJob(context, {
        ...parameters,
        ...(failed && { retryFailed: true }),
        wait: detach ? "none" : "complete",
      });
    },
  )
    .argument("<name>", "Job")
    .option("--failed", "run what failed, too")
    .option("--detach", "launch and return");
}
