import { type Job } from "../../../kubernetes/cluster";
import { annotations } from "../../../batch/jobs/manifest";
import { jobStateOf } from "../../../batch/run/settle";

const tasks = ["a", "b"].map((name) => ({ name, fingerprint: `f-${name}` }));
const [all, some] = [new Set(["f-a", "f-b", "f-c"]), new Set(["f-a"])];

const job = (marks: object = {}, { ended = false, deleted = false } = {}): Job => ({
  metadata: {
    name: "j",
    uid: "uid-1",
    annotations: { [annotations.launched]: "true", ...marks },
    ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
  spec: {},
  status: { conditions: ended ? [{ type: "Complete", status: "True" }] : [] },
});
const recorded = { [annotations.recorded]: "true" };

test.each<[string, string, Job, { wanted?: ReadonlySet<string>; lost?: boolean; later?: boolean }]>([
  ["whose tasks are all wanted", "goes on", job(), { wanted: all }],
  ["when all is wanted that is at work", "goes on", job(), {}],
  ["with a task that is not wanted any more", "unwanted", job(), { wanted: some }],
  ["with a task that is not wanted, which another process started later", "goes on", job(), { wanted: some, later: true }],
  ["of which no task is wanted", "unwanted", job(), { wanted: new Set() }],
  ["of which no task is wanted, which another process started later", "of others", job(), { wanted: new Set(), later: true }],
  ["that is being deleted", "deleted", job({}, { deleted: true }), { wanted: all }],
  ["that is being deleted, to who only reads", "goes on", job({}, { deleted: true }), {}],
  ["that ended, whatever is wanted", "ended", job({}, { ended: true }), { wanted: some }],
  ["that ended and is being deleted", "ended", job({}, { ended: true, deleted: true }), { wanted: all }],
  ["that ended and is recorded", "recorded", job(recorded, { ended: true }), { wanted: all, lost: true }],
  ["that ended without its ConfigMaps", "lost", job({}, { ended: true }), { wanted: all, lost: true }],
  ["at work without its ConfigMaps", "unknown", job(), { wanted: all, lost: true }],
  ["at work without its ConfigMaps, to who only reads", "unknown", job(), { lost: true }],
  ["that was not launched", "not launched", job({ [annotations.launched]: "false" }), { wanted: all, lost: true }],
])("a Job %s: %s", (_what, fate, found, { wanted, lost = false, later = false }) => {
  const wishes = wanted && { wanted, before: new Set(later ? [] : ["uid-1"]) };
  expect(jobStateOf({ job: found, tasks: lost ? undefined : tasks }, wishes)).toBe(fate);
});
