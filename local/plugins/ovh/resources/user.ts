import { list, map, text } from "../../protocol/shape";
import { type Properties, secret } from "../../protocol/values";
import type { Api } from "../common/api";
import { changed, compact, type Definition, importId, project, refreshed } from "../common/define";
import { createOnce } from "../common/interrupted";
import { timeouts, waitFor } from "../common/wait";
import { ignoreGone } from "./cluster";

interface User extends Properties {
  readonly id: number;
  readonly status: string;
  readonly description?: string;
  readonly password?: string;
}

interface Role {
  readonly id: string;
  readonly name: string;
}

/** A user of the Public Cloud project, `ovh.cloudproject.User`. Its password is answered once, when it is made. */
export const user: Definition = {
  fields: { description: text, roleName: text, roleNames: list(text), passwordReset: text, openstackRc: map(text) },
  replace: ["description"],

  async create(api, news, call) {
    await roleIds(api, news);
    const body = { description: news.description, role: news.roleName, roles: news.roleNames };
    const made = await createOnce<User>(call.urn, {
      list: async () => (await api.get<User[]>(project(news, "user"))).map((one) => String(one.id)),
      // The password of a user whose creation was interrupted is lost, so nobody can use it: it goes, and a new one is made.
      match: async (id) => {
        const found = await api.find<User>(project(news, "user", id));
        if (found?.description && found.description === news.description) await api.delete(project(news, "user", id));
        return undefined;
      },
      make: () => api.post<User>(project(news, "user"), body),
      idOf: (made) => String(made.id),
    });
    const id = String(made.id);
    await waitFor(`the user ${id} is not ok: it`, call, timeouts.user, async () => {
      const status = (await api.find<User>(project(news, "user", id)))?.status ?? "creating";
      if (status !== "ok" && status !== "creating") throw new Error(`the user ${id} has status ${status}`);
      return status === "ok" || undefined;
    });
    const outputs = await outputsOf(api, news, id, made.password);
    if (!outputs) throw new Error(`the user ${id} is gone`);
    return { id, outputs: { ...news, ...outputs } };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { userId, ...owner } = imported ? importId(old.id, "serviceName", "userId") : { ...old.inputs, userId: old.id };
    const outputs = await outputsOf(api, owner, userId, old.outputs.password);
    if (!outputs) return undefined;
    const inputs = imported ? compact({ ...owner, description: outputs.description }) : refreshed(old.inputs, outputs);
    return { id: userId, inputs, outputs: { ...inputs, ...outputs } };
  },

  async update(api, old, news) {
    const has = changed(old, news);
    const at = (...parts: string[]) => project(news, "user", old.id, ...parts);
    if (has.has("roleName") || has.has("roleNames")) await api.put(at("role"), { rolesIds: await roleIds(api, news) });
    const reset = has.has("passwordReset");
    const password = reset
      ? (await api.post<User>(at("regeneratePassword"), undefined, { idempotent: true })).password
      : old.outputs.password;
    return { ...news, ...(await outputsOf(api, news, old.id, password)) };
  },

  async delete(api, old, call) {
    const at = project(old.inputs, "user", old.id);
    await api.delete(at).catch(ignoreGone);
    await waitFor("deleting the user", call, timeouts.user, async () => ((await api.find(at)) ? undefined : true));
  },
};

/** Ids of the roles that the program names. @throws when one does not exist */
async function roleIds(api: Api, inputs: Properties): Promise<string[]> {
  const wanted = [...((inputs.roleNames ?? []) as string[]), ...(typeof inputs.roleName === "string" ? [inputs.roleName] : [])];
  const { roles } = await api.get<{ roles: Role[] }>(project(inputs, "role"));
  const known = new Map(roles.map((role) => [role.name, role.id]));
  const missing = wanted.filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`roles ${missing.join(", ")} do not exist; there are ${[...known.keys()].sort().join(", ")}`);
  return wanted.map((name) => known.get(name) ?? "");
}

async function outputsOf(api: Api, owner: Properties, id: string, password: unknown): Promise<Properties | undefined> {
  const found = await api.find<User>(project(owner, "user", id));
  if (!found) return undefined;
  const { creationDate, description, roles, status, username } = found;
  const { content } = await api.get<{ content: string }>(`${project(owner, "user", id, "openrc")}?region=to_be_overriden`);
  const variable = (name: string) => new RegExp(`export ${name}="?([^"\\s]+)"?`).exec(content)?.[1];
  const names = ["OS_AUTH_URL", "OS_TENANT_ID", "OS_TENANT_NAME", "OS_USERNAME"];
  const openstackRc = compact(Object.fromEntries(names.map((name) => [name, variable(name)])));
  return compact({
    creationDate,
    description,
    roles,
    status,
    username,
    openstackRc,
    serviceName: owner.serviceName,
    password: secret(password),
  });
}
