import type { EngineEvent } from "@pulumi/pulumi/automation";
import { describeEvent } from "../../../local/pulumi/events";

const urn = "urn:pulumi:local::ovh-mks-batch::ovh-mks-batch:cluster:MksCluster$ovh:CloudProject/kube:Kube::cluster-kube";
const zero = { created: 0, updated: 0, deleted: 0, failed: 0 };
const event = (content: object): EngineEvent => content as EngineEvent;
const outputs = (op: string, planning = false): EngineEvent => event({ resOutputsEvent: { metadata: { op, urn }, planning } });

describe("an engine event", () => {
  it.each([
    ["create", "created"],
    ["update", "updated"],
    ["delete", "deleted"],
    ["create-replacement", "created"],
  ] as const)("of a done %s is a line and a count", (op, verb) => {
    const counts = { ...zero };
    expect(describeEvent(outputs(op), counts)).toEqual({ text: `  ${verb} ovh:CloudProject/kube:Kube cluster-kube`, error: false });
    expect(counts).toEqual({ ...zero, [verb]: 1 });
  });

  it("of an unchanged resource or of a preview counts nothing", () => {
    const counts = { ...zero };
    expect(describeEvent(outputs("same"), counts)).toBeUndefined();
    expect(describeEvent(outputs("create", true), counts)).toBeUndefined();
    expect(counts).toEqual(zero);
  });

  it("of a failed operation counts as failed", () => {
    const counts = { ...zero };
    describeEvent(event({ resOpFailedEvent: { metadata: { op: "create", urn } } }), counts);
    expect(counts).toEqual({ ...zero, failed: 1 });
  });

  it("with a diagnostic keeps its text without colour marks, and marks errors", () => {
    const diagnostic = event({ diagnosticEvent: { severity: "error", message: "<{%fg 1%}>quota exceeded<{%reset%}>\n" } });
    expect(describeEvent(diagnostic, { ...zero })).toEqual({ text: "  quota exceeded", error: true });
  });
});
