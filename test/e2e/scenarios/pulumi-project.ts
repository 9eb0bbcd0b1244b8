import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import * as cloud from "./cloud";
import { marking } from "./marks";
import { runShell } from "./page";
import { findDescendant, killTree } from "./processes";

export const tasks = ["1", "2", "3", "4", "5", "6"];

const program = (name: string) => `
import * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../../components/batch";

const infrastructure = new pulumi.StackReference("organization/ovh-mks-batch/local");
const credentials = infrastructure.requireOutput("s3Credentials");
const job = new BatchJob("${name}", {
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
  shell: ${JSON.stringify(marking(name, 30))},
  parallelism: 2,
  retries: 0,
  ttlSeconds: 0,
  cpu: "100m",
  memory: "64Mi",
});
module.exports = { status: job.status, counts: job.counts };
`;

/** A user's project with one BatchJob of six tasks that mark their lives on the volume, two at once. */
export function userProject(name: string) {
  const folder = join(paths.work, name);
  const pulumi = (...args: string[]) => runShell(`unset PULUMI_OPTION_CONFIG_FILE; pulumi ${args.join(" ")}`, cloud.env(), 400_000, folder);
  return {
    pulumi,
    create: async () => {
      mkdirSync(folder, { recursive: true });
      cloud.volumeFolder(name);
      writeFileSync(
        join(folder, "Pulumi.yaml"),
        `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: main.cjs\n`,
      );
      writeFileSync(join(folder, "main.cjs"), 'require("tsx/cjs");\nmodule.exports = require("./index.ts");\n');
      writeFileSync(join(folder, "index.ts"), program(name));
      expect(await pulumi("stack", "init", "local")).toMatchObject({ code: 0 });
    },
    /** Kills `pulumi up`, and all that it has started. */
    kill: () => killTree(findDescendant(([file, command]) => /pulumi$/.test(file!) && command === "up")),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
