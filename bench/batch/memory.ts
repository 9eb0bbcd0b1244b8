import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Most memory (MiB of resident pages) that any dynamic provider of the Pulumi project in `folder` has needed so far; processes that are gone do not count. */
export function providerPeak(folder: string): number {
  let peak = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== folder || !provider.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"))) continue;
      const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      peak = Math.max(peak, Number(kibibytes) / 1024);
    } catch {
      // It has just ended.
    }
  }
  return peak;
}

/** Its program as the official language host starts it, and the stand-in (local/plugins/install.ts). */
const provider = /dynamic-provider|\/bin\/plugin\.js/;
