import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { reasonOf } from "../common/connection";
import { endpoints } from "../common/endpoints";
import { readPublic } from "../common/ovh/public";
import type { MksCluster } from "../components/cluster";
import type { Settings } from "./config";
import { valueIfKnown } from "./known";

/** Milliseconds until the description of the API, some MB, is there, all tries together. */
const timeout = 20_000;

/**
 * Where OVHcloud tells the Kubernetes versions that a new cluster may have: in the description of its API, which needs no key and which its control panel
 * reads as well (ovh/manager, `cloud.kube.VersionEnum`). `GET /cloud/project/{serviceName}/capabilities/kube` has flavors, regions, admission plug-ins and
 * kinds of logs, but no versions.
 */
const description = z.object({ models: z.object({ "cloud.kube.VersionEnum": z.object({ enum: z.array(z.string()).min(1) }) }) });

/**
 * Checks in a preview that OVHcloud offers the version of a cluster that is to be made, before anything is. A cluster that is there costs no call: what it can
 * be upgraded to is read with it. A description that cannot be read is a warning, for OVHcloud itself refuses a version that it does not have.
 *
 * @param endpoint of the OVHcloud provider: a name, or a URL
 * @throws {pulumi.RunError} with the versions that there are
 */
export async function checkVersion({ cluster: { version } }: Settings, { kube }: MksCluster, endpoint: string): Promise<void> {
  if (!pulumi.runtime.isDryRun() || (await valueIfKnown(kube.id)) !== undefined) return;
  const url = `${(endpoints[endpoint] ?? endpoint).replace(/\/$/, "")}/cloud.json`;
  const offered = await listVersions(url).catch((error: unknown) => {
    void pulumi.log.warn(`OVHcloud did not say at ${url} which versions of Kubernetes it offers: ${reasonOf(error)}`);
    return undefined;
  });
  if (offered === undefined || offered.includes(version)) return;
  throw new pulumi.RunError(
    `The cluster cannot be made; nothing was changed:\n  - cluster.version (${version}) must be one that OVHcloud offers: ${offered.join(", ")}`,
  );
}

async function listVersions(url: string): Promise<string[]> {
  const { success, data } = description.safeParse(await readPublic(url, AbortSignal.timeout(timeout)));
  if (!success) throw new Error("its description does not list them");
  return data.models["cloud.kube.VersionEnum"].enum;
}
