import { type Kubectl } from "../../../local/demo/kubectl";
import { version } from "../../../package.json";
import { until } from "../../harness/cloud";

interface Run {
  /** Of the program. */
  readonly profile: string;
  /** In place of the image's entry point. */
  readonly command?: readonly string[];
}

/** Runs the image of the Spring Batch job once, on a node of the queues. @returns what it wrote @throws with that when it fails */
export async function runPod(kubectl: Kubectl, name: string, { profile, command }: Run): Promise<string> {
  const container = {
    name: "task",
    image: `localhost/ovh-mks-batch/spring-batch:${version}`,
    ...(command && { command }),
    env: [{ name: "SPRING_PROFILES_ACTIVE", value: profile }],
    envFrom: [{ secretRef: { name: "postgresql" } }],
    resources: { requests: { cpu: "500m", memory: "384Mi" }, limits: { memory: "384Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const pod = {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "batch" } },
    spec: {
      restartPolicy: "Never",
      nodeSelector: { nodepool: "compute" },
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [container],
    },
  };
  const inBatch = (...args: string[]): Promise<string> => kubectl(["--namespace", "batch", ...args]);
  await kubectl(["create", "--filename", "-"], { input: JSON.stringify(pod) });
  let phase = "";
  const ended = async (): Promise<boolean> => {
    phase = await inBatch("get", "pod", name, "--output", "jsonpath={.status.phase}");
    return phase === "Succeeded" || phase === "Failed";
  };
  await until(ended, { pause: 500, patience: 600 });
  const log = await inBatch("logs", name);
  await inBatch("delete", "pod", name, "--wait=false");
  if (phase === "Failed") throw new Error(`the pod ${name} failed:\n${log}`);
  return log;
}
