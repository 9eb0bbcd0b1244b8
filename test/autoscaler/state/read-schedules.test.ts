import { type RawCronJob } from "../../../autoscaler/state/raw";
import { readCronJob, schedulesAt } from "../../../autoscaler/state/read-schedules";

const at = (time: string): number => Date.parse(`2026-01-05T${time}Z`);

const raw = (spec: Partial<NonNullable<RawCronJob["spec"]>> = {}): RawCronJob => ({
  metadata: { name: "nightly", namespace: "batch", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: {
    schedule: "0 2 * * *",
    jobTemplate: {
      spec: {
        parallelism: 4,
        completions: 10,
        template: {
          spec: { containers: [{ name: "main", resources: { requests: { cpu: "500m" } } }], nodeSelector: { nodepool: "compute" } },
        },
      },
    },
    ...spec,
  } as RawCronJob["spec"],
});

test("a CronJob tells when its next pods come, how many at once and of which shape", () => {
  const cronJob = readCronJob(raw())!;
  const [schedule] = schedulesAt(at("01:00:00"), [cronJob]);
  expect(schedule).toMatchObject({
    next: at("02:00:00"),
    pods: 4,
    shape: { requests: { cpu: 500 }, nodeSelector: { nodepool: "compute" } },
  });
});

test("a CronJob of a batch makes Jobs of as many pods as its user allows, though they begin with fewer", () => {
  const cronJob = raw();
  const jobTemplate = { ...cronJob.spec!.jobTemplate, metadata: { annotations: { "batch.ovh-mks/parallelism": "9" } } };
  const [schedule] = schedulesAt(at("01:00:00"), [readCronJob(raw({ jobTemplate }))!]);
  expect(schedule).toMatchObject({ pods: 9 });
});

test("its time is not over as long as its pods may still be made, and then the next day's counts", () => {
  const cronJob = readCronJob(raw())!;
  expect(schedulesAt(at("02:00:20"), [cronJob])[0]!.next).toBe(at("02:00:00"));
  expect(schedulesAt(at("02:00:31"), [cronJob])[0]!.next).toBe(at("02:00:00") + 86_400_000);
});

test("time zones count", () => {
  expect(schedulesAt(at("00:00:00"), [readCronJob(raw({ timeZone: "Europe/Paris" }))!])[0]!.next).toBe(at("01:00:00"));
});

test("one that is suspended, or whose times nobody can tell, counts for nothing", () => {
  for (const spec of [{ suspend: true }, { schedule: "sometimes" }, { schedule: undefined }, { timeZone: "Nowhere/Atlantis" }])
    expect(readCronJob(raw(spec))).toBeUndefined();
  const { jobTemplate } = raw().spec!;
  expect(readCronJob(raw({ jobTemplate: { spec: { ...jobTemplate!.spec, suspend: true } } }))).toBeUndefined();
  expect(schedulesAt(at("00:00:00"), [readCronJob(raw({ schedule: "0 0 30 2 *" }))!])).toEqual([]);
});
