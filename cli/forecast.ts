/** What `submit` would do, in the words of the command line. */
import { type Parameters, preview, type Preview } from "../batch";
import { type Place } from "./context";

export const forecast = (parameters: Parameters, place: Place): Promise<Preview> =>
  preview(parameters, { ...place, durationSetting: "--task-seconds" });
