import { createScaledResourcesProvider, type Objects } from "../../../components/keda/presence/scaled-resources-provider";
import { ClusterError } from "../../../kubernetes/cluster";

const job = "/apis/keda.sh/v1alpha1/namespaces/batch/scaledjobs/invoices";
const auth = "/apis/keda.sh/v1alpha1/clustertriggerauthentications/shared";

/** Objects that go when they are deleted, but for those that are held until they are released. */
function objects(paths: string[], held: string[] = []) {
  const left = new Set(paths);
  const calls: string[] = [];
  const fake: Objects = {
    list: () => Promise.resolve([...left]),
    delete: (path) => {
      calls.push(`delete ${path}`);
      if (!held.includes(path)) left.delete(path);
      return Promise.resolve();
    },
    release: (path) => {
      calls.push(`release ${path}`);
      left.delete(path);
      return Promise.resolve();
    },
    close: () => void calls.push("close"),
  };
  return { fake, calls, left };
}

const remove = (fake: Objects) => createScaledResourcesProvider(() => fake, 0).delete!("keda.sh", { kubeconfig: "the kubeconfig" });

describe("ScaledResources", () => {
  it("makes nothing, and keeps the kubeconfig of the day for its deletion", async () => {
    const provider = createScaledResourcesProvider(() => {
      throw new Error("the cluster is not asked");
    });
    expect(await provider.create({ kubeconfig: "old" })).toEqual({ id: "keda.sh", outs: { kubeconfig: "old" } });
    expect(await provider.diff!("id", { kubeconfig: "old" }, { kubeconfig: "old" })).toEqual({ changes: false });
    expect(await provider.diff!("id", { kubeconfig: "old" }, { kubeconfig: "new" })).toEqual({ changes: true });
    expect(await provider.update!("id", { kubeconfig: "old" }, { kubeconfig: "new" })).toEqual({ outs: { kubeconfig: "new" } });
  });

  it("deletes all objects of KEDA's kinds", async () => {
    const { fake, calls } = objects([job, auth]);
    await remove(fake);
    expect(calls).toEqual([`delete ${job}`, `delete ${auth}`, "close"]);
  });

  it("takes the finalizers off those that no operator lets go of", async () => {
    const { fake, calls, left } = objects([job, auth], [job]);
    await remove(fake);
    expect(calls).toEqual([`delete ${job}`, `delete ${auth}`, `release ${job}`, "close"]);
    expect(left.size).toBe(0);
  });

  describe("of a cluster that does not answer", () => {
    const away: Objects = { ...objects([]).fake, list: () => Promise.reject(new ClusterError("no answer")) };
    const variable = "PULUMI_K8S_DELETE_UNREACHABLE";
    afterEach(() => delete process.env[variable]);

    it("fails", () => expect(remove(away)).rejects.toThrow("no answer"));

    it("counts as deleted where the user says so", async () => {
      process.env[variable] = "true";
      await expect(remove(away)).resolves.toBeUndefined();
    });
  });

  it("fails when the cluster refuses", () =>
    expect(remove({ ...objects([]).fake, list: () => Promise.reject(new ClusterError("forbidden", 403)) })).rejects.toThrow("forbidden"));
});
