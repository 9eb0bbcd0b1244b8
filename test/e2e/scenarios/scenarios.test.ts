/**
 * The scenarios of docs/scenarios, and what may interrupt a Job, on one local cloud that is started once.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { existsSync } from "node:fs";
import { paths } from "../../../local/lib/paths";
import { traces, tracesSince } from "../traces";
import { chain } from "./chain";
import { start, stop } from "./cloud";
import { clusterGone } from "./cluster-gone";
import { concurrent } from "./concurrent";
import { controller } from "./controller";
import { interruptions } from "./interruptions";
import { nightly } from "./nightly";
import { outOfMemory } from "./out-of-memory";
import { privateRegistry } from "./private-registry";
import { pulumiKilled } from "./pulumi-killed";
import { submissionHelper } from "./submission-helper";
import { sweep } from "./sweep";
import { thumbnails } from "./thumbnails";
import { waiting } from "./waiting";

let before: ReturnType<typeof traces>;

beforeAll(async () => {
  await stop();
  before = traces();
  await start();
});
afterAll(stop);

thumbnails();
// Makes the volume that later Jobs use.
submissionHelper();
interruptions();
concurrent();
pulumiKilled();
outOfMemory();
waiting();
privateRegistry();
chain();
nightly();
sweep();
// Up to here clients run and record; from here on the batch controller does.
controller();
// The last, for nothing is left of the stack.
clusterGone();

describe("down", () => {
  it("leaves nothing of registry, volumes and nodes behind", async () => {
    await stop();
    expect(tracesSince(before)).toEqual({});
    for (const folder of [paths.registry, paths.volumes]) expect(existsSync(folder)).toBe(false);
  });
});
