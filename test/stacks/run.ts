import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { deploy } from "../../stacks";
import { type Recording, record } from "../components/harness";
import { callMocks, resourceMocks } from "../components/mocks";

const root = join(__dirname, "..", "..");

/** Configuration as Pulumi hands it to the program: every value a text, objects as JSON. */
export function readStackFile(stack: string): Record<string, string> {
  const file = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

const environment: Record<string, string> = {
  OVH_ENDPOINT: "ovh-eu",
  OVH_APPLICATION_KEY: "key",
  OVH_APPLICATION_SECRET: "application-secret",
  OVH_CONSUMER_KEY: "consumer-key",
  OVH_CLOUD_PROJECT_SERVICE: "0123456789abcdef0123456789abcdef",
};

export interface StackRun extends Recording<Awaited<ReturnType<typeof deploy>>> {
  /** What the user is warned of. */
  readonly warnings: readonly string[];
}

/** Runs the whole program of a stack with this configuration, under mocks. */
export async function runStack(
  stack: string,
  config: Record<string, string>,
  calls = callMocks,
  { preview = false, env = {} }: { preview?: boolean; env?: Record<string, string> } = {},
): Promise<StackRun> {
  const saved = process.env;
  const warnings: string[] = [];
  const warn = jest.spyOn(pulumi.log, "warn").mockImplementation((message) => Promise.resolve(void warnings.push(message)));
  process.env = { ...saved, ...environment, ...env };
  try {
    pulumi.runtime.setAllConfig(config);
    return { ...(await record(deploy, { stack, resources: resourceMocks, calls, preview })), warnings };
  } finally {
    warn.mockRestore();
    process.env = saved;
  }
}
