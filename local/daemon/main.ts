/** The daemon of the local cloud: started in the background by control.ts, with its output in `.local/logs/daemon.log`. */
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";
import { startTime } from "../lib/proc";
import { loadSettings } from "../lib/settings";
import { writeRecord } from "./record";
import { serve } from "./serve";

const identity = { pid: process.pid, start: startTime(process.pid) ?? "" };
const log = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

let current = "Starting";

/** How often it is checked that the sandbox lives, in milliseconds. */
const checkInterval = 2_000;

async function run(): Promise<void> {
  const phase = async (text: string): Promise<void> => {
    log((current = text));
    await writeRecord({ ...identity, phase: text, ready: text === "Ready" });
  };
  await phase(current);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const service = await serve(loadSettings(paths.settings), phase, log);
  await phase("Ready");
  const died = new Promise<void>((_resolve, reject) => {
    const check = (): void => (service.isAlive() ? undefined : reject(new Error("The sandbox has ended; the next `up` starts all again.")));
    setInterval(check, checkInterval).unref();
  });
  await Promise.race([stopped, died]);
  log("Stopping; what runs in the sandbox goes on");
  await service.close();
}

run().then(
  () => process.exit(0),
  async (error: unknown) => {
    console.error(error instanceof UserError ? `error: ${error.message}` : error);
    const fault = error instanceof UserError ? error.message : undefined;
    await writeRecord({ ...identity, phase: current, ready: false, fault }).catch(() => undefined);
    process.exit(1);
  },
);
