import { createPresenceProvider, type Definition } from "../../../components/keda/presence/presence-provider";

const ours: Definition = { metadata: { labels: { "app.kubernetes.io/managed-by": "ovh-mks-batch" } } };
const helms: Definition = {
  metadata: {
    labels: { "app.kubernetes.io/managed-by": "Helm" },
    annotations: { "meta.helm.sh/release-name": "keda", "meta.helm.sh/release-namespace": "tools" },
  },
};
const bare: Definition = { metadata: {} };

type Mode = "existing" | "install";
const inputs = (installation: Mode) => ({ kubeconfig: "the kubeconfig", installation });
const provider = (found: Definition | undefined) => createPresenceProvider(() => Promise.resolve(found));

describe("Presence", () => {
  it.each<[string, Mode, Definition | undefined]>([
    ["installs one where there is none", "install", undefined],
    ["goes on with the one that it has installed", "install", ours],
    ["uses the cluster's own", "existing", helms],
  ])("%s", async (_what, mode, found) => {
    expect(await provider(found).create(inputs(mode))).toEqual({ id: "keda.sh", outs: inputs(mode) });
    expect(await provider(found).update!("id", inputs("existing"), inputs(mode))).toEqual({ outs: inputs(mode) });
  });

  it.each<[string, Mode, Definition | undefined, string]>([
    ["a second one", "install", helms, "(install) must be existing: the cluster has a KEDA already, Helm's release tools/keda"],
    ["a second one of unknown origin", "install", bare, "already (CustomResourceDefinition scaledjobs.keda.sh)"],
    ["none at all", "existing", undefined, "(existing) must be install: the cluster has no KEDA"],
    ["to take the only one away", "existing", ours, "(existing) must stay install: the cluster's only KEDA is this program's own"],
  ])("refuses %s, and says what to set", async (_what, mode, found, message) => {
    await expect(provider(found).create(inputs(mode))).rejects.toThrow(message);
    await expect(provider(found).update!("id", inputs(mode), inputs(mode))).rejects.toThrow("keda.installation (");
  });

  it("asks the cluster again when the setting changes, and only then", async () => {
    const { diff } = provider(ours);
    expect(await diff!("id", inputs("install"), { ...inputs("install"), kubeconfig: "a new one" })).toEqual({ changes: false });
    expect(await diff!("id", inputs("install"), inputs("existing"))).toEqual({ changes: true });
  });
});
