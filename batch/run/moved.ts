/** Telling that done tasks ran another image than the one that a tag names now. */
import { plural, verb } from "../../common/text";
import { describeMoved } from "../jobs/image-digest";
import { type Parameters } from "../spec";
import { isMoving } from "../spec/tasks";
import { type RunContext, type Session } from "./session";

/** Says so when tasks are done, and do not run again, while their image may be another one by now. */
export async function sayMoved(parameters: Parameters, { tasks, records }: Session, { cluster, say }: RunContext): Promise<void> {
  const done = tasks.filter(({ fingerprint }) => records.row(fingerprint)?.status === "succeeded").length;
  if (done === 0) return;
  const moved = describeMoved(cluster, parameters, records.image);
  if (isMoving(parameters.image))
    say(
      `${plural(done, "task")} ${verb(done, "are")} done and ${verb(done, "do")} not run again, whatever ${parameters.image} is now; a tag of its own for each build, or a digest, would tell`,
    );
  const words = await moved;
  if (words !== undefined) say(words);
}
