import { readdirSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import { deploy, eventually, json, kubectl, minutes, prometheus, query } from "./cloud";

const ownMetric = "prometheus_tsdb_head_samples_appended_total";
/** The start of each life of Prometheus of which there are samples in the last minutes, in seconds since 1970. */
async function lives(): Promise<number[]> {
  const now = Date.now() / 1000;
  const range = `query_range?query=process_start_time_seconds{job="prometheus"}&start=${now - 600}&end=${now}&step=5`;
  const { result } = await prometheus<{ result: { values: [number, string][] }[] }>(encodeURI(range));
  return [...new Set(result.flatMap(({ values }) => values.map(([, value]) => Number(value))))].sort((a, b) => a - b);
}

export function volume(): void {
  describe("Prometheus on a volume", () => {
    it("binds its claim, and writes to it as the user that it is", async () => {
      await deploy({ enabled: true, metricsServer: "install", storage: { size: "1Gi" } });
      interface Claim {
        readonly metadata: { readonly uid: string };
        readonly status: { readonly phase: string };
      }
      const { items } = await json<{ items: Claim[] }>("--namespace", "metrics", "get", "persistentvolumeclaims");
      expect(items).toMatchObject([{ status: { phase: "Bound" } }]);
      const folder = join(paths.cluster, "volumes", items[0]!.metadata.uid);
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(["wal", "chunks_head"]));
      await eventually("it has samples", async () => (await query(ownMetric)).some(({ value }) => Number(value[1]) > 0), minutes(2));
    });

    it("keeps its samples when its pod is deleted", async () => {
      const [before] = await lives();
      await kubectl(["--namespace", "metrics", "delete", "pod", "--selector", "app.kubernetes.io/name=prometheus"], {
        timeout: minutes(2),
      });
      await kubectl(["--namespace", "metrics", "rollout", "status", "deployment/prometheus", "--timeout=120s"], { timeout: minutes(3) });
      await eventually("it records again", async () => (await lives().catch(() => [])).length > 1, minutes(2));
      expect((await lives())[0]).toBe(before);
    });
  });
}
