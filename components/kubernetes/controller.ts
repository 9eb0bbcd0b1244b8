import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";
import { createOperator, metadataOf, type Operator, type OperatorArgs } from "./operator";

/** An operator that is a program of this project: it reads a configuration file, and serves its probes and metrics on one port (service/). */

/** Port of the probes and the metrics. */
export const port = 8080;
export const portName = "http";

export interface ControllerArgs extends Omit<OperatorArgs, "roles" | "container" | "volumes" | "needs"> {
  /** Its configuration file, in YAML or JSON, which is put into a folder of its name under /etc. */
  readonly config: pulumi.Output<string>;
  readonly role: OperatorArgs["roles"][string];
  /** Secret whose keys become environment variables. @default none */
  readonly environment?: pulumi.Input<string>;
  /** Secret whose keys become files of a folder. @default none */
  readonly files?: { readonly volume: string; readonly secretName: pulumi.Input<string>; readonly folder: string };
  readonly memory: { readonly request: string; readonly limit: string };
}

export interface Controller extends Operator {
  readonly configMap: core.ConfigMap;
}

/** Key of the ConfigMap, and name of the file. */
const configKey = "config.yaml";

/** @param resource the beginning of the names that Pulumi has for its resources */
export function createController(parent: pulumi.Resource, resource: string, args: ControllerArgs): Controller {
  const { app, config, readOnce, role, environment, files, memory } = args;
  const metadata = metadataOf(args);
  const configMap = new core.ConfigMap(`${resource}-config`, { metadata, data: { [configKey]: config } }, { parent });
  const folder = `/etc/${app}`;
  const operator = createOperator(parent, resource, {
    ...args,
    readOnce: [config, ...readOnce],
    roles: { role },
    container: {
      args: ["--config", `${folder}/${configKey}`],
      ...(environment && { envFrom: [{ secretRef: { name: environment } }] }),
      ports: [{ name: portName, containerPort: port }],
      readinessProbe: { httpGet: { path: "/readyz", port: portName }, periodSeconds: 2, timeoutSeconds: 5 },
      livenessProbe: { httpGet: { path: "/healthz", port: portName }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      resources: { requests: { cpu: "50m", memory: memory.request }, limits: { memory: memory.limit } },
      volumeMounts: [
        { name: "config", mountPath: folder, readOnly: true },
        ...(files ? [{ name: files.volume, mountPath: files.folder, readOnly: true }] : []),
      ],
    },
    volumes: [
      { name: "config", configMap: { name: configMap.metadata.name } },
      ...(files ? [{ name: files.volume, secret: { secretName: files.secretName } }] : []),
    ],
  });
  return { ...operator, configMap };
}
