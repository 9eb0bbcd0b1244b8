import { type KubeClient } from "./client";

/** An object as the API server has it now. By a list, as the rights to list and watch are needed anyway. @param path of the objects of its kind */
export async function find<Raw>(client: KubeClient, path: string, name: string): Promise<Raw | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` };
  return (await client.call<{ items: readonly Raw[] }>({ method: "GET", path, query })).items[0];
}
