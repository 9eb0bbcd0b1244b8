import { type Register } from "../connection/context";
import { foreignRights, grantPattern, isScheduled } from "../../batch";
import { usageError } from "../terminal/errors";
import { launchJob } from "./launch";

export function registerRetry(register: Register): void {
  register<{ failed?: boolean; detach?: boolean; allow?: string[] }>(
    "retry",
    "run the tasks that were not finished",
    async (context, { failed, detach, allow = [] }, [name = ""]) => {
      const wrong = allow.filter((right) => !grantPattern.test(right));
      if (wrong.length > 0)
        throw usageError(wrong.map((right) => `--allow: must be secret/NAME or serviceaccount/NAME, not ${JSON.stringify(right)}`));
      const { parameters } = await context.job(name);
      if (isScheduled(parameters))
        throw usageError([`${name}: runs by its schedule, each time with all tasks; to run it now, submit it without a schedule`]);
      const foreign = foreignRights(parameters, allow);
      if (foreign.length > 0) throw usageError(foreign);
      return launchJob(context, parameters, { ...(failed && { retryFailed: true }), wait: detach ? "none" : "complete" });
    },
  )
    .argument("<name>", "Job")
    .option(
      "--allow <right>",
      "allow the Secret or service account that the Job's entry in the bucket names: secret/NAME or serviceaccount/NAME (repeatable)",
      (right: string, all: string[] = []) => [...all, right],
    )
    .option("--failed", "run failed tasks, too")
    .option("--detach", "launch and return");
}
