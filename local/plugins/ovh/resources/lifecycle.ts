import { boolean, list, number, object, oneOf, required, text } from "../../protocol/shape";
import type { Properties } from "../../protocol/values";
import { type Definition, importId, project } from "../common/define";
import { ignoreGone } from "./cluster";

const rule = object({
  id: text,
  status: required(oneOf("disabled", "enabled")),
  filter: object({ prefix: text, objectSizeGreaterThan: number, objectSizeLessThan: number }),
  expiration: object({ days: number, date: text, expiredObjectDeleteMarker: boolean }),
  noncurrentVersionExpiration: object({ noncurrentDays: number, newerNoncurrentVersions: number }),
  abortIncompleteMultipartUpload: object({ daysAfterInitiation: number }),
});

const at = (owner: Properties): string => project(owner, "region", owner.regionName, "storage", owner.containerName, "lifecycle");
const idOf = ({ serviceName, regionName, containerName }: Properties): string => [serviceName, regionName, containerName].join("/");

/** What a bucket cleans up by itself, `ovh.CloudProjectStorageObjectBucketLifecycleConfiguration`. A bucket has one: to make it is to set it. */
export const lifecycleConfiguration: Definition = {
  fields: { regionName: required(text), containerName: required(text), rules: required(list(rule)) },
  replace: ["regionName", "containerName"],
  async create(api, news) {
    const { rules } = (await api.put(at(news), { rules: news.rules })) as Properties;
    return { id: idOf(news), outputs: { ...news, rules } };
  },
  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const owner = imported ? importId(old.id, "serviceName", "regionName", "containerName") : old.inputs;
    const found = await api.find<Properties>(at(owner));
    return found && { id: old.id, inputs: { ...owner, rules: found.rules }, outputs: { ...owner, rules: found.rules } };
  },
  async update(api, _old, news) {
    const { rules } = (await api.put(at(news), { rules: news.rules })) as Properties;
    return { ...news, rules };
  },
  async delete(api, old) {
    await api.delete(at(old.inputs)).catch(ignoreGone);
  },
};
