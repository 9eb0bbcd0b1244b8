import type { EngineEvent } from "@pulumi/pulumi/automation";

/** How many resources an update created, updated, deleted, and failed to. */
export interface ResourceCounts {
  created: number;
  updated: number;
  deleted: number;
  failed: number;
}

const verbs: Partial<Record<string, { verb: string; count: keyof ResourceCounts }>> = {
  create: { verb: "created", count: "created" },
  "create-replacement": { verb: "created", count: "created" },
  update: { verb: "updated", count: "updated" },
  delete: { verb: "deleted", count: "deleted" },
  "delete-replaced": { verb: "deleted", count: "deleted" },
};

/** `ovh:CloudProject/kube:Kube::mks` from a URN that also names the stack, the project and the parents. */
function shortName(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").pop()} ${name}`;
}

const plain = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "").trimEnd();

/** One line for an engine event worth showing, or nothing; adds to `counts` what the event says was done. */
export function describeEvent(event: EngineEvent, counts: ResourceCounts): { text: string; error: boolean } | undefined {
  const done = event.resOutputsEvent;
  if (done && !done.planning) {
    const step = verbs[done.metadata.op];
    if (!step) return undefined;
    counts[step.count] += 1;
    return { text: `  ${step.verb} ${shortName(done.metadata.urn)}`, error: false };
  }
  if (event.resOpFailedEvent) {
    counts.failed += 1;
    return { text: `  failed ${shortName(event.resOpFailedEvent.metadata.urn)}`, error: false };
  }
  const diagnostic = event.diagnosticEvent;
  // The automation API's type leaves "debug" out, and its engine events have it.
  if (diagnostic && (diagnostic.severity as string) !== "debug") {
    const text = plain(diagnostic.message).trim();
    return text ? { text: `  ${text}`, error: diagnostic.severity === "error" } : undefined;
  }
  return undefined;
}
