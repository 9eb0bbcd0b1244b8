import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { throwFaults } from "../../pulumi/faults";
import { managedBy } from "../../kubernetes/pod-security";
import { openPort } from "../../kubernetes/open-port";
import type { AutoscaledServiceArgs, ScalingArgs } from "./args";
import { faultsOf } from "./faults";
import { podSpec } from "./pod";

export type { AutoscaledServiceArgs, CustomTarget, ScalingArgs, ScalingPolicy, TargetArgs } from "./args";

/** A service for as long as the stack lives, with as many pods as its load asks for. */
export class AutoscaledService extends pulumi.ComponentResource {
  readonly deployment: apps.Deployment;
  readonly service: core.Service;
  readonly disruptionBudget: policy.PodDisruptionBudget;
  readonly network: NetworkPolicy;
  readonly autoscaler: autoscaling.HorizontalPodAutoscaler;
  /** URL within the cluster. */
  readonly url: pulumi.Output<string>;
  private readonly labels: Record<string, string>;

  constructor(
    private readonly name: string,
    private readonly args: AutoscaledServiceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:metrics:AutoscaledService", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.labels = { "app.kubernetes.io/name": args.serviceName };
    this.deployment = this.createDeployment();
    this.service = this.createService();
    this.disruptionBudget = this.createDisruptionBudget();
    this.network = openPort(this, `${name}-network`, { metadata: this.metadata(), labels: this.labels, port: "http" });
    this.autoscaler = this.createAutoscaler();
    this.url = pulumi.interpolate`http://${this.service.metadata.name}.${args.namespace}.svc`;
    this.registerOutputs({ url: this.url });
  }

  private metadata(): input.meta.v1.ObjectMeta {
    return { name: this.args.serviceName, namespace: this.args.namespace, labels: { ...managedBy, ...this.labels } };
  }

  private createDeployment(): apps.Deployment {
    const { metricsPath, port, minReplicas } = this.args;
    const annotations = {
      // A node that was added for them can be emptied, by the node autoscaler or by OVHcloud's: they keep nothing but scratch files.
      // An only pod would be gone before the next one is ready.
      ...(minReplicas > 1 && { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" }),
      ...(metricsPath && {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": String(port),
        "prometheus.io/path": metricsPath,
      }),
    };
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(),
        spec: {
          // How many is the HorizontalPodAutoscaler's own: a number here would be set again with each change of the Deployment.
          selector: { matchLabels: this.labels },
          strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          template: {
            metadata: { labels: { ...managedBy, ...this.labels }, annotations },
            spec: podSpec(this.args, this.labels),
          },
        },
      },
      { parent: this },
    );
  }

  private createService(): core.Service {
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(), spec: { selector: this.labels, ports: [{ name: "http", port: 80, targetPort: "http" }] } },
      { parent: this },
    );
  }

  private createDisruptionBudget(): policy.PodDisruptionBudget {
    return new policy.PodDisruptionBudget(
      `${this.name}-disruption-budget`,
      // Not minAvailable: with a single pod that would keep its node from ever being emptied.
      { metadata: this.metadata(), spec: { maxUnavailable: 1, selector: { matchLabels: this.labels } } },
      { parent: this },
    );
  }

  private createAutoscaler(): autoscaling.HorizontalPodAutoscaler {
    const { serviceName, minReplicas, maxReplicas, scaleUp, scaleDown } = this.args;
    const behavior = { ...(scaleUp && { scaleUp: scalingRules(scaleUp) }), ...(scaleDown && { scaleDown: scalingRules(scaleDown) }) };
    return new autoscaling.HorizontalPodAutoscaler(
      `${this.name}-autoscaler`,
      {
        metadata: this.metadata(),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: serviceName },
          minReplicas,
          maxReplicas,
          metrics: this.metricSpecs(),
          ...(Object.keys(behavior).length > 0 && { behavior }),
        },
      },
      { parent: this, dependsOn: [this.deployment] },
    );
  }

  private metricSpecs(): input.autoscaling.v2.MetricSpec[] {
    const { cpuPercent, memoryPercent, custom = [] } = this.args.targets;
    const resource = (name: string, percent: number | undefined): input.autoscaling.v2.MetricSpec[] =>
      percent === undefined ? [] : [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization: percent } } }];
    return [
      ...resource("cpu", cpuPercent),
      ...resource("memory", memoryPercent),
      ...custom.map(({ metric, averageValue }) => ({
        type: "Pods",
        pods: { metric: { name: metric }, target: { type: "AverageValue", averageValue } },
      })),
    ];
  }
}

function scalingRules({ stabilizationSeconds, policies, selectPolicy }: ScalingArgs): input.autoscaling.v2.HPAScalingRules {
  return {
    ...(stabilizationSeconds !== undefined && { stabilizationWindowSeconds: stabilizationSeconds }),
    ...(policies && { policies: policies.map((one) => ({ ...one })) }),
    ...(selectPolicy && { selectPolicy }),
  };
}
