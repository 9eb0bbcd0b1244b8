/** What `submit` would do, in the words of the command line. */
import { type Parameters, preview, type Preview, type PreviewSurroundings } from "../../batch";
import { type Place } from "../connection/context";

export const forecast = (parameters: Parameters, place: Place, options: Pick<PreviewSurroundings, "asksRegistry"> = {}): Promise<Preview> =>
  preview(parameters, { ...place, ...options, durationSetting: "--task-seconds" });
