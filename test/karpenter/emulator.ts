import { join } from "node:path";
import { policyOf } from "../../common/iam";
import { systemClock } from "../../local/api/context/clock";
import { Faults } from "../../local/api/context/faults";
import { ServiceAccounts } from "../../local/api/iam/service-accounts";
import { FakeCluster, FakeStorage } from "../local/api/backends";
import { createEmulator, identity, removeTemporaryFolders, serviceName, temporaryFolder } from "../local/api/harness";

/** Each test of the provider makes a cluster of its own. */
const maxClusters = 100;

export interface Emulator {
  /** For the tests of the provider: where the emulator is, its key, and a service account with the policy that `npm run iam-policy -- --for karpenter` prints. */
  readonly variable: { readonly OVH_EMULATOR: string };
  close(): Promise<void>;
}

/** The OVHcloud API of the local cloud, for the Karpenter provider's tests in Go (karpenter/provider/emulator_test.go). Its nodes are Ready without being there. */
export async function startEmulator(): Promise<Emulator> {
  const stateFile = join(temporaryFolder(), "state.json");
  const parts = { clock: systemClock, faults: new Faults(), cluster: new FakeCluster(), storage: new FakeStorage(), stateFile };
  const { cloud, server } = createEmulator(parts, { maxClusters });
  const accounts = new ServiceAccounts(cloud.context);
  const { identity: holder, ...serviceAccount } = accounts.create();
  accounts.addPolicy(policyOf({ purpose: "karpenter", projectId: serviceName, identity: holder }));
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    variable: { OVH_EMULATOR: JSON.stringify({ url, serviceName, ...identity, ...serviceAccount }) },
    close: async () => {
      await server.close();
      await cloud.close();
      removeTemporaryFolders();
    },
  };
}
