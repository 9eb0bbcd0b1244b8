import { createCleanUpProvider, type Kind, type Objects } from "../../../components/karpenter/clean-up/provider";
import { ClusterError } from "../../../kubernetes/cluster";

const nodePool = "/apis/karpenter.sh/v1/nodepools/batch";
const claim = "/apis/karpenter.sh/v1/nodeclaims/batch-x";
const pool = "/apis/kube.cloud.ovh.com/v1alpha1/nodepools/karpenter-b3-8-nova-3fa94c-1";
const nodeClass = "/apis/karpenter.ovhcloud.sh/v1alpha1/ovhnodeclasses/batch";
const node = "/api/v1/nodes/n";

/** Objects that go when they are deleted, but for those that are held. */
function cluster(there: Partial<Record<Kind, string[]>>, held: string[] = []) {
  const calls: string[] = [];
  const fake: Objects = {
    list: (kind) => Promise.resolve([...(there[kind] ?? [])]),
    delete: (path) => {
      calls.push(`delete ${path}`);
      if (!held.includes(path)) take(path);
      return Promise.resolve();
    },
    release: (path) => {
      calls.push(`release ${path}`);
      take(path);
      return Promise.resolve();
    },
    heartbeat: () => Promise.resolve(undefined),
    close: () => void calls.push("close"),
  };
  const take = (path: string): void => {
    for (const paths of Object.values(there)) if (paths.includes(path)) paths.splice(paths.indexOf(path), 1);
  };
  return { fake, calls, there };
}

const noPatience = { karpenter: 0, silence: 0, pools: 0, pause: 0 };
const remove = (fake: Objects, patience = noPatience) =>
  createCleanUpProvider(() => fake, patience).delete!("karpenter.sh", { kubeconfig: "the kubeconfig" });

describe("the clean-up after Karpenter", () => {
  it("makes nothing, and keeps the kubeconfig of the day", async () => {
    const provider = createCleanUpProvider(() => {
      throw new Error("the cluster is not asked");
    });
    expect(await provider.create({ kubeconfig: "old" })).toEqual({ id: "karpenter.sh", outs: { kubeconfig: "old" } });
    expect(await provider.diff!("id", { kubeconfig: "old" }, { kubeconfig: "new" })).toEqual({ changes: true });
    expect(await provider.update!("id", { kubeconfig: "old" }, { kubeconfig: "new" })).toEqual({ outs: { kubeconfig: "new" } });
  });

  it("deletes NodePools and NodeClaims, which Karpenter turns into nodes that go, and the classes at last", async () => {
    const { fake, calls } = cluster({ owned: [nodePool, claim], classes: [nodeClass] });
    await remove(fake);
    expect(calls).toEqual([`delete ${nodePool}`, `delete ${claim}`, `delete ${nodeClass}`, "close"]);
  });

  it("deletes the paid pools of a Karpenter that does not run, and only then takes the finalizers off", async () => {
    const { fake, calls, there } = cluster({ owned: [claim], pools: [pool], classes: [nodeClass], nodes: [node] }, [claim, nodeClass]);
    await remove(fake);
    expect(calls).toEqual([
      `delete ${claim}`,
      `delete ${pool}`,
      `delete ${nodeClass}`,
      `release ${claim}`,
      `release ${nodeClass}`,
      `release ${node}`,
      "close",
    ]);
    expect(Object.values(there).flat()).toEqual([]);
  });

  it("waits as long as Karpenter renews its Lease, and no longer", async () => {
    const { fake, calls, there } = cluster({ owned: [claim], pools: [pool] }, [claim]);
    let beats = 0;
    const heartbeat = (): Promise<string> => {
      if (++beats === 3) there.owned = [];
      return Promise.resolve(`beat ${beats}`);
    };
    await remove({ ...fake, heartbeat }, { ...noPatience, karpenter: 60_000, silence: 60_000 });
    expect(beats).toBe(3);
    expect(calls).toEqual([`delete ${claim}`, `delete ${pool}`, "close"]);

    const dead = cluster({ owned: [claim], pools: [pool] }, [claim]);
    await remove(dead.fake, { ...noPatience, karpenter: 60_000 });
    expect(dead.calls).toEqual([`delete ${claim}`, `delete ${pool}`, `release ${claim}`, "close"]);
  });

  it("fails with what is paid, and takes no finalizer off, while OVHcloud keeps a pool", async () => {
    const { fake, calls } = cluster({ owned: [claim], pools: [pool] }, [claim, pool]);
    await expect(remove(fake)).rejects.toThrow("karpenter-b3-8-nova-3fa94c-1. Delete them in OVHcloud's control panel");
    expect(calls).not.toContainEqual(expect.stringContaining("release"));
  });

  describe("of a cluster that does not answer", () => {
    const away: Objects = { ...cluster({}).fake, list: () => Promise.reject(new ClusterError("no answer")) };
    const variable = "PULUMI_K8S_DELETE_UNREACHABLE";
    afterEach(() => delete process.env[variable]);

    it("fails", () => expect(remove(away)).rejects.toThrow("no answer"));

    it("is done where the user says so", async () => {
      process.env[variable] = "true";
      await expect(remove(away)).resolves.toBeUndefined();
    });
  });
});
