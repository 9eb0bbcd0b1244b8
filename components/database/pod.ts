import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../../common/quantity";
import { containerSecurity } from "../kubernetes/pod";
import { volumePod } from "../kubernetes/volume-server";
import type { DatabaseArgs } from "./args";

export const port = 5432;
export const portName = "postgresql";

/** Keys of the Secret of passwords, which the image reads as files. */
export const passwordKeys = { user: "user", backup: "backup" } as const;

const programs = "/usr/lib/postgresql/17/bin";
const volumePath = "/var/lib/postgresql/data";
const passwordsPath = "/etc/postgresql-passwords";

type Base = Pick<DatabaseArgs, "image" | "pool" | "poolTaints" | "imagePullSecrets">;

/** PostgreSQL's settings that follow from its memory, as its documentation advises. */
export function settingsOf({ memory, maxConnections = 100 }: Pick<DatabaseArgs, "memory" | "maxConnections">): Record<string, string> {
  const mebibytes = Math.floor(parseQuantity(memory)!.value / 2 ** 20);
  return {
    shared_buffers: `${Math.floor(mebibytes / 4)}MB`,
    effective_cache_size: `${Math.floor(mebibytes / 2)}MB`,
    maintenance_work_mem: `${Math.max(16, Math.floor(mebibytes / 16))}MB`,
    max_connections: String(maxConnections),
  };
}

export interface ServerArgs extends Base, Pick<DatabaseArgs, "database" | "user" | "cpu" | "memory" | "maxConnections"> {
  readonly claimName: pulumi.Input<string>;
  /** Secret with the passwords by {@link passwordKeys}. */
  readonly passwordsSecret: pulumi.Input<string>;
  /** Name of the server in its certificate. */
  readonly host: pulumi.Input<string>;
}

export function serverPod(args: ServerArgs): input.core.v1.PodSpec {
  const { image, database, user, cpu, memory, claimName, passwordsSecret, host } = args;
  const ready = { exec: { command: [`${programs}/pg_isready`, "--quiet", "--host=/tmp"] } };
  return {
    ...volumePod(args),
    // It writes its last checkpoint; the next start recovers what does not fit.
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: "postgresql",
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["serve", ...Object.entries(settingsOf(args)).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
        env: [
          // A new file system is not empty, as PostgreSQL wants its folder to be.
          { name: "PGDATA", value: `${volumePath}/pgdata` },
          { name: "SERVER_NAME", value: host },
          { name: "DATABASE", value: database },
          { name: "DATABASE_USER", value: user },
          { name: "PASSWORDS", value: passwordsPath },
        ],
        ports: [{ name: portName, containerPort: port }],
        // A start after a crash may have much to recover.
        startupProbe: { ...ready, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 900 },
        readinessProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { tcpSocket: { port: portName }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        resources: { requests: { cpu, memory }, limits: { memory } },
        securityContext: containerSecurity,
        volumeMounts: [
          { name: "data", mountPath: volumePath },
          { name: "passwords", mountPath: passwordsPath, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName } },
      { name: "passwords", secret: { secretName: passwordsSecret, defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
    ],
  };
}

export interface CommandArgs extends Base {
  readonly command: "backup" | "restore";
  /** Secrets whose keys are variables: those of libpq and of the bucket. */
  readonly secrets: readonly pulumi.Input<string>[];
  readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
  /** Size of the volume, which a dump does not exceed. */
  readonly size: string;
}

export function commandPod(args: CommandArgs): input.core.v1.PodSpec {
  const { image, command, secrets, variables, size } = args;
  return {
    ...volumePod(args),
    restartPolicy: "Never",
    containers: [
      {
        name: command,
        image,
        imagePullPolicy: "IfNotPresent",
        args: [command],
        env: Object.entries(variables).map(([name, value]) => ({ name, value })),
        envFrom: secrets.map((name) => ({ secretRef: { name } })),
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [{ name: "tmp", emptyDir: { sizeLimit: size } }],
  };
}
