import { type Row } from "../../../batch";
import { type Notice } from "../../../controller/notifications";

const row = (i: number, values: Partial<Row> = {}): Row => ({
  ...{ name: `SEED=${i}`, fingerprint: `${i}`.padStart(32, "0"), status: "succeeded", attempts: 1, outputs: [] },
  ...values,
});

/** A Job of 100 tasks, three of which failed for two reasons. */
export function sampleNotice({ result, parameters, ...values }: Partial<Omit<Notice, "result" | "parameters">> & Parts = {}): Notice {
  const failures = ["no beam", "OOMKilled: used more than its memory (1Gi)", "no beam"];
  return {
    id: "5f0c3a52-7d2b-4c1e-9a0e-2b6f0d6f8a11",
    parameters: { name: "sweep", namespace: "batch", store: { bucket: "results" }, ...parameters },
    result: {
      status: "failed",
      counts: { total: 100, succeeded: 97, failed: 3, skipped: 0 },
      startedAt: "2026-11-20T18:04:10Z",
      finishedAt: "2026-11-20T18:22:40Z",
      tasks: Array.from({ length: 100 }, (_, i) => row(i + 1, i < 3 ? { status: "failed", reason: failures[i], exitCode: 1 } : {})),
      cost: { nodeHours: 1.2333333, amount: 0.2343333, currency: "EUR" },
      ...result,
    },
    submittedBy: "mks-batch",
    reportKey: "batch/sweep/report.html",
    ...values,
  };
}

interface Parts {
  readonly result?: Partial<Notice["result"]>;
  readonly parameters?: Partial<Notice["parameters"]>;
}
