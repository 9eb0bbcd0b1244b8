import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { callProject } from "./project";

/** Writes the kubeconfig of the cluster that there is now into a file; without a cluster there is no file. */
export async function refreshKubeconfig(file: string, call: typeof callProject = callProject): Promise<void> {
  const content = await currentKubeconfig(call);
  if (content === undefined) rmSync(file, { force: true });
  else if (!existsSync(file) || readFileSync(file, "utf8") !== content) writeFileSync(file, content, { mode: 0o600 });
}

async function currentKubeconfig(call: typeof callProject): Promise<string | undefined> {
  for (const id of await call<string[]>("GET", "/kube")) {
    const { status } = await call<{ status: string }>("GET", `/kube/${id}`);
    if (status !== "INSTALLING" && status !== "DELETING")
      return (await call<{ content: string }>("POST", `/kube/${id}/kubeconfig`)).content;
  }
  return undefined;
}
