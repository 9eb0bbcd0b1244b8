import { Database } from "../../../components/database";
import { Kafka } from "../../../components/kafka";
import type { VolumeServerPlaceArgs } from "../../../components/kubernetes/volume-server";
import { record } from "../harness";
import { callMocks, resourceMocks } from "../mocks";
import { databaseArgs, kafkaArgs } from "../samples";

type Changed = Partial<Pick<VolumeServerPlaceArgs, "volume" | "clientNamespaces" | "reachableFrom" | "protected">> & { memory?: string };

interface Template {
  readonly template: {
    readonly spec: { readonly containers: readonly { readonly securityContext: object }[]; readonly securityContext: object };
  };
}

/** What programs of one pod on a volume have in common, whatever they are. */
describe.each([
  ["postgresql", (changed: Changed) => new Database("s", { ...databaseArgs, ...changed })],
  ["kafka", (changed: Changed) => new Kafka("s", { ...kafkaArgs, ...changed })],
] as const)("the server of %s", (app, create) => {
  const made = (changed: Changed = {}) => record(() => create(changed), { resources: resourceMocks, calls: callMocks });

  it("is one pod on a claim that grows in place, within the restricted standard", async () => {
    const { find } = await made({ volume: { size: "20Gi", className: "csi-cinder-high-speed-gen2" } });
    expect(find("kubernetes:core/v1:PersistentVolumeClaim").inputs.spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "csi-cinder-high-speed-gen2",
    });
    const { spec } = find("kubernetes:apps/v1:StatefulSet").inputs;
    // A volume that a StatefulSet made could not grow: its template cannot change.
    expect(spec).not.toHaveProperty("volumeClaimTemplates");
    expect(spec).toMatchObject({ replicas: 1, serviceName: app });
    const { securityContext, containers } = (spec as Template).template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" });
    expect(containers[0]!.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
  });

  it("gives each client namespace a Secret, and lets only their pods in and those of further namespaces", async () => {
    const { find, resources } = await made({ clientNamespaces: ["batch", "shop"], reachableFrom: ["keda"] });
    const access = resources.filter(({ name }) => name.startsWith("s-access-"));
    expect(access.map(({ inputs }) => inputs.metadata)).toMatchObject([
      { name: app, namespace: "batch" },
      { name: app, namespace: "shop" },
    ]);
    const named = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
    expect(find("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs.spec).toMatchObject({
      podSelector: { matchLabels: { "app.kubernetes.io/name": app } },
      ingress: [{ from: [{ podSelector: {} }, named("batch"), named("shop"), named("keda")], ports: [{ port: app }] }],
    });
  });

  it("is not drained by the way", async () => {
    const { find } = await made();
    expect(find("kubernetes:policy/v1:PodDisruptionBudget").inputs.spec).toMatchObject({ minAvailable: 1 });
  });

  it("keeps its volume where it is protected", async () => {
    const { find } = await made({ protected: true });
    expect(find("kubernetes:core/v1:PersistentVolumeClaim").options).toMatchObject({ protect: true, retainOnDelete: true });
  });

  it("refuses too little memory and what is no size, at once", async () => {
    const failure = made({ memory: "64Mi", volume: { size: "much" } });
    for (const property of ["memory", "volume\\.size"]) await expect(failure).rejects.toThrow(new RegExp(`^  - ${property} \\(`, "m"));
  });
});
