import { required, text } from "../../protocol/shape";
import { equal, type Properties, secret } from "../../protocol/values";
import type { Api } from "../common/api";
import { type Definition, importId, project } from "../common/define";
import { createOnce } from "../common/interrupted";
import { ignoreGone } from "./cluster";

interface Credential {
  readonly access: string;
  readonly secret?: string;
  readonly userId: string;
}

const credentials = (owner: Properties, ...parts: unknown[]): string => project(owner, "user", owner.userId, "s3Credentials", ...parts);

/** An access key of Object Storage, `ovh.cloudproject.S3Credential`. */
export const s3Credential: Definition = {
  fields: { userId: required(text) },
  replace: ["userId"],
  async create(api, news, call) {
    const made = await createOnce<Credential>(call.urn, {
      list: async () => (await api.get<Credential[]>(credentials(news))).map((one) => one.access),
      match: (access) => api.find<Credential>(credentials(news, access)),
      make: () => api.post<Credential>(credentials(news)),
      idOf: (made) => made.access,
    });
    return { id: made.access, outputs: await outputsOf(api, news, made, made.secret) };
  },
  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { access, ...owner } = imported ? importId(old.id, "serviceName", "userId", "access") : { ...old.inputs, access: old.id };
    const found = await api.find<Credential>(credentials(owner, access));
    return found && { id: access, inputs: owner, outputs: await outputsOf(api, owner, found, old.outputs.secretAccessKey) };
  },
  update: (_api, old) => Promise.resolve(old.outputs),
  async delete(api, old) {
    await api.delete(credentials(old.inputs, old.id)).catch(ignoreGone);
  },
};

async function outputsOf(api: Api, owner: Properties, credential: Credential, known: unknown): Promise<Properties> {
  const fetch = () => api.post<{ secret: string }>(credentials(owner, credential.access, "secret"), undefined, { idempotent: true });
  const secretAccessKey = secret(known ?? (await fetch()).secret);
  return { ...owner, accessKeyId: credential.access, internalUserId: String(credential.userId), secretAccessKey };
}

const policy = (owner: Properties): string => project(owner, "user", owner.userId, "policy");

/** What a user may do in Object Storage, `ovh.cloudproject.S3Policy`. */
export const s3Policy: Definition = {
  fields: { userId: required(text), policy: required(text) },
  replace: ["userId"],
  async create(api, news) {
    await post(api, news, news.policy);
    return { id: `${String(news.serviceName)}/${String(news.userId)}`, outputs: news };
  },
  async read(api, old) {
    const owner: Properties = Object.keys(old.inputs).length === 0 ? importId(old.id, "serviceName", "userId") : old.inputs;
    const found = await api.find<{ policy?: string }>(policy(owner));
    if (!found?.policy) return undefined;
    // The API may write the same JSON otherwise.
    const same = typeof old.inputs.policy === "string" && equal(JSON.parse(old.inputs.policy), JSON.parse(found.policy));
    const inputs = { ...owner, policy: same ? old.inputs.policy : found.policy };
    return { id: `${String(owner.serviceName)}/${String(owner.userId)}`, inputs, outputs: inputs };
  },
  async update(api, _old, news) {
    await post(api, news, news.policy);
    return news;
  },
  async delete(api, old) {
    await post(api, old.inputs, JSON.stringify({ Statement: [] })).catch(ignoreGone);
  },
};

const post = (api: Api, owner: Properties, text: unknown): Promise<unknown> =>
  api.post(policy(owner), { policy: text }, { idempotent: true });
