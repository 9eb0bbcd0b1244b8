/** What `submit` would do, in the words of the command line. */
import { type Parameters, preview, type Preview, type PreviewContext } from "../../batch";
import { type Clients } from "../connection/context";

export const forecast = (parameters: Parameters, clients: Clients, options: Pick<PreviewContext, "asksRegistry"> = {}): Promise<Preview> =>
  preview(parameters, { ...clients, ...options, durationSetting: "--task-seconds" });
