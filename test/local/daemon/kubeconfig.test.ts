import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refreshKubeconfig } from "../../../local/daemon/kubeconfig";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kubeconfig-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An API with clusters by their ids. */
const having = (clusters: Record<string, string>) =>
  ((method: string, path: string) => {
    const [, , id = "", kubeconfig] = path.split("/");
    if (id === "") return Promise.resolve(Object.keys(clusters));
    return Promise.resolve(method === "POST" && kubeconfig ? { content: `kubeconfig of ${id}` } : { status: clusters[id] });
  }) as Parameters<typeof refreshKubeconfig>[1];

test("the kubeconfig is that of the cluster that there is now, readable by its owner only", async () => {
  const file = join(folder, "kubeconfig");
  await refreshKubeconfig(file, having({ old: "READY" }));
  expect(readFileSync(file, "utf8")).toBe("kubeconfig of old");
  await refreshKubeconfig(file, having({ old: "DELETING", new: "UPDATING" }));
  expect(readFileSync(file, "utf8")).toBe("kubeconfig of new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("without a cluster that answers there is none", async () => {
  const file = join(folder, "kubeconfig");
  writeFileSync(file, "kubeconfig of old");
  await refreshKubeconfig(file, having({ new: "INSTALLING" }));
  expect(existsSync(file)).toBe(false);
});
