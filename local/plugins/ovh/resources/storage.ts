import { boolean, list, map, number, object, oneOf, required, text } from "../../protocol/shape";
import type { Properties } from "../../protocol/values";
import type { Api } from "../common/api";
import { changed, compact, type Definition, importId, path, project, refreshed } from "../common/define";
import { createOnce } from "../common/interrupted";
import { ignoreGone } from "./cluster";

interface Bucket extends Properties {
  readonly name: string;
}

const rule = object({
  id: text,
  priority: number,
  status: oneOf("disabled", "enabled"),
  deleteMarkerReplication: oneOf("disabled", "enabled"),
  destination: object({ name: required(text), region: required(text), storageClass: text, removeOnMainBucketDeletion: boolean }),
  filter: object({ prefix: text, tags: map(text) }),
});

/** An Object Storage bucket, `ovh.cloudproject.Storage`. */
export const storage: Definition = {
  fields: {
    regionName: required(text),
    name: text,
    ownerId: number,
    encryption: object({ sseAlgorithm: oneOf("AES256", "plaintext") }),
    versioning: object({ status: oneOf("disabled", "enabled", "suspended") }),
    objectLock: object({ status: oneOf("disabled", "enabled"), rule: object({ mode: oneOf("compliance", "governance"), period: text }) }),
    replication: object({ rules: list(rule) }),
    tags: map(text),
    hideObjects: boolean,
    limit: number,
    marker: text,
    prefix: text,
  },
  replace: ["regionName", "name"],
  autonamed: true,

  async create(api, news, call) {
    const bucket = await createOnce<Bucket>(call.urn, {
      list: async () => (await api.get<Bucket[]>(buckets(news))).map((one) => idOf(news, one.name)),
      match: (id) => (id === idOf(news, news.name) ? api.find<Bucket>(at(news)) : Promise.resolve(undefined)),
      make: () => api.post<Bucket>(buckets(news), { name: news.name, ownerId: news.ownerId, ...settings(news) }),
      idOf: (made) => idOf(news, made.name),
    });
    return { id: idOf(news, bucket.name), outputs: outputsOf(news, bucket) };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const inputs = imported ? importId(old.id, "serviceName", "regionName", "name") : old.inputs;
    const bucket = await api.find<Bucket>(at(inputs) + query(inputs));
    if (!bucket) return undefined;
    const outputs = outputsOf(inputs, bucket);
    return { id: old.id, inputs: refreshed(inputs, outputs), outputs };
  },

  async update(api, old, news) {
    const has = changed(old, news);
    if (has.has("ownerId")) throw new Error("ownerId of a bucket cannot be changed. Make a new bucket.");
    if (Object.keys(settings(news)).some((name) => has.has(name))) await api.put(at(news), settings(news));
    return outputsOf(news, await api.get<Bucket>(at(news) + query(news)));
  },

  async delete(api, old) {
    if (!(await api.find(at(old.inputs)))) return;
    await empty(api, old.inputs);
    await api.delete(at(old.inputs)).catch(ignoreGone);
  },
};

const buckets = (owner: Properties): string => project(owner, "region", owner.regionName, "storage");
const at = (owner: Properties): string => buckets(owner) + path(owner.name);
const idOf = (owner: Properties, name: unknown): string => `${String(owner.serviceName)}/${String(owner.regionName)}/${String(name)}`;

const settings = ({ encryption, versioning, objectLock, replication, tags }: Properties): Properties =>
  compact({ encryption, versioning, objectLock, replication, tags });

/** Which of the bucket's objects are answered with it. */
function query({ limit, marker, prefix }: Properties): string {
  const filters = Object.entries(compact({ limit, marker, prefix })).map(([name, value]): [string, string] => [name, String(value)]);
  return filters.length > 0 ? `?${new URLSearchParams(filters).toString()}` : "";
}

const outputsOf = (inputs: Properties, bucket: Bucket): Properties => {
  const { objects, ...rest } = bucket;
  return compact({ ...inputs, ...rest, ...(inputs.hideObjects !== true && { objects }) });
};

/** A bucket must be empty to be deleted: its versions and delete markers count. Locked objects make this fail, as they should. */
async function empty(api: Api, inputs: Properties): Promise<void> {
  for (let last = ""; ;) {
    const objects = await api.get<{ key: string; versionId?: string }[]>(`${at(inputs)}/object?withVersions=true`);
    if (objects.length === 0) return;
    if (JSON.stringify(objects) === last)
      throw new Error(`the bucket ${String(inputs.name)} cannot be emptied: its objects are there again`);
    last = JSON.stringify(objects);
    const doomed = objects.map(({ key, versionId }) => ({ key, versionId }));
    await api.post(`${at(inputs)}/bulkDeleteObjects`, { objects: doomed }, { idempotent: true });
  }
}
