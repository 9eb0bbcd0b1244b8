import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import * as cloud from "./cloud";
import { ended, expectNoOverlap, marking, started } from "./marks";
import { runShell } from "./page";
import { findDescendant, killTree } from "./processes";

const tasks = ["1", "2", "3", "4", "5", "6"];

const program = `
import * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../../components/batch";

const infrastructure = new pulumi.StackReference("organization/ovh-mks-batch/local");
const credentials = infrastructure.requireOutput("s3Credentials");
const job = new BatchJob("killed", {
  kubeconfig: infrastructure.requireOutput("kubeconfig"),
  store: {
    endpoint: infrastructure.requireOutput("s3Endpoint"),
    region: infrastructure.requireOutput("s3Region"),
    bucket: infrastructure.requireOutput("bucket"),
    accessKeyId: credentials.apply((keys) => keys.accessKeyId),
    secretAccessKey: credentials.apply((keys) => keys.secretAccessKey),
  },
  image: process.env.IMAGE!,
  imagePullSecrets: ["sh-k8s-registry-secret"],
  volumes: [{ claim: "ntuples-claim", mountPath: "/ntuples" }],
  matrix: { TASK: ${JSON.stringify(tasks)} },
  shell: ${JSON.stringify(marking("killed", 12))},
  parallelism: 2,
  retries: 0,
  ttlSeconds: 0,
  cpu: "100m",
  memory: "64Mi",
});
module.exports = { status: job.status, counts: job.counts };
`;

/** `pulumi up` killed in the middle of a Job, and what becomes of it. */
export function pulumiKilled(): void {
  describe("pulumi killed in the middle of a Job", () => {
    const folder = join(paths.work, "killed");
    const pulumi = (...args: string[]) =>
      runShell(`unset PULUMI_OPTION_CONFIG_FILE; pulumi ${args.join(" ")}`, cloud.env(), 200_000, folder);

    beforeAll(async () => {
      mkdirSync(folder, { recursive: true });
      cloud.volumeFolder("killed");
      writeFileSync(
        join(folder, "Pulumi.yaml"),
        "name: killed\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: main.cjs\n",
      );
      writeFileSync(join(folder, "main.cjs"), 'require("tsx/cjs");\nmodule.exports = require("./index.ts");\n');
      writeFileSync(join(folder, "index.ts"), program);
      expect(await pulumi("stack", "init", "local")).toMatchObject({ code: 0 });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("leaves what runs at work", async () => {
      const killed = pulumi("up", "--yes");
      await cloud.untilDuring(killed, "two tasks have ended, and two run", () => ended("killed") === 2 && started("killed") === 4, 90_000);
      killTree(findDescendant(([name, command]) => /pulumi$/.test(name!) && command === "up"));
      expect((await killed).code).not.toBe(0);
      const running = async () => (await cloud.podsOf("killed")).filter(({ phase }) => phase === "Running").length;
      await cloud.until("two tasks run without it", async () => (await running()) === 2);
    });

    it("the next update adopts it and finishes; no task runs twice", async () => {
      await pulumi("cancel", "--yes");
      const { code, output } = await pulumi("up", "--yes");
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toMatch(/is at work: waiting for its 6 tasks/);
      const [during = "", told = ""] = output.slice(output.indexOf("Updating (")).split("Diagnostics:");
      expect(during).toMatch(/of 6 tasks done/);
      expect(told).toMatch(/all 6 tasks succeeded/);
      expect(told).not.toMatch(/of 6 tasks done/);
      expect(expectNoOverlap("killed", tasks)).toEqual([]);
    });

    it("when the Job is gone by its time to live, refresh and update find nothing to do", async () => {
      await cloud.until("the Job is gone", async () => (await cloud.podsOf("killed")).length === 0);
      expect(await pulumi("refresh", "--yes", "--expect-no-changes")).toMatchObject({ code: 0 });
      const { code, output } = await pulumi("up", "--yes", "--expect-no-changes");
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(expectNoOverlap("killed", tasks)).toEqual([]);
      expect(await pulumi("destroy", "--yes")).toMatchObject({ code: 0 });
    });
  });
}
