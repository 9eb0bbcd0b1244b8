import { callProject } from "../../../local/daemon/project";
import * as cloud from "./cloud";

const variable = "PULUMI_K8S_DELETE_UNREACHABLE";

/** A cluster that somebody deleted in OVHcloud's control panel, with all that the stack has in it. */
export function clusterGone(): void {
  describe("a cluster that was deleted at OVHcloud", () => {
    const clusters = (): Promise<string[]> => callProject("GET", "/kube");

    it("destroy says how to take the stack down without it", async () => {
      for (const id of await clusters()) await callProject("DELETE", `/kube/${id}`);
      await cloud.until("the cluster is gone", async () => (await clusters()).length === 0);
      await expect(cloud.destroy()).rejects.toThrow(`${variable}=true`);
    });

    it("which leaves nothing: what was in it counts as deleted, BatchJobs too", async () => {
      await cloud.destroy({ [variable]: "true" });
      for (const path of ["/kube", "/user", "/region/GRA/storage"]) expect([path, await callProject("GET", path)]).toEqual([path, []]);
      expect(await cloud.resources()).toEqual([]);
    });
  });
}
