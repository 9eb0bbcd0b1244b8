/**
 * What every resource of the plugin is built from: its definition, the API, waiting, errors.
 * Imports `../../protocol/`; the resources import it.
 */
import { autoname } from "../../protocol/autoname";
import { compare } from "../../protocol/diff";
import type { Call, Created, Known, Resource } from "../../protocol/provider";
import { type Fields, faults, required, text } from "../../protocol/shape";
import { type Properties, unknown } from "../../protocol/values";
import type { Api } from "./api";
import { deleted, settled } from "./interrupted";

export const owner = "the stand-in of the ovh plugin";

/** A resource type of the OVHcloud API. Inputs and outputs are those of @ovhcloud/pulumi-ovh. */
export interface Definition {
  readonly fields: Fields;
  /** Inputs whose change makes a new resource; `serviceName` always does. */
  readonly replace: readonly string[];
  /** The input `name` may be left out. */
  readonly autonamed?: boolean;
  create(api: Api, news: Properties, call: Call): Promise<Created>;
  /** Inputs are empty when the resource is imported: then they are made from the id. */
  read(api: Api, old: Known, call: Call): Promise<Known | undefined>;
  update(api: Api, old: Known, news: Properties, call: Call): Promise<Properties>;
  delete(api: Api, old: Known, call: Call): Promise<void>;
}

export function define(definition: Definition, api: () => Api): Resource {
  const fields: Fields = { serviceName: required(text), ...definition.fields };
  return {
    check(news, olds, seed, call) {
      const inputs: Properties = { ...news, serviceName: news.serviceName ?? process.env.OVH_CLOUD_PROJECT_SERVICE };
      if (definition.autonamed && inputs.name === undefined) {
        inputs.name = olds?.name ?? autoname(call.name, seed);
        inputs.__defaults = ["name"];
      }
      const failures = faults(inputs, fields, owner).map((fault) =>
        fault.property === "serviceName"
          ? { ...fault, reason: `${fault.reason}; or set the environment variable OVH_CLOUD_PROJECT_SERVICE` }
          : fault,
      );
      return { inputs, failures };
    },
    async diff(old, news, call) {
      await settled(call.urn, old.id);
      const autonamed = Array.isArray(news.__defaults) && news.__defaults.includes("name");
      const sameName = !autonamed && news.name !== undefined && news.name === old.inputs.name;
      return compare(old.inputs, news, [["serviceName"], ...definition.replace.map((path) => path.split("."))], sameName);
    },
    create: (news, call) => (call.preview ? Promise.resolve({ id: "", outputs: news }) : definition.create(api(), news, call)),
    async read(old, call) {
      await settled(call.urn, old.id);
      return definition.read(api(), old, call);
    },
    async update(old, news, call) {
      await settled(call.urn, old.id);
      return call.preview ? { ...old.outputs, ...news } : definition.update(api(), old, news, call);
    },
    async delete(old, call) {
      await definition.delete(api(), old, call);
      await deleted(call.urn, old.id);
    },
  };
}

/** The inputs that differ between the old and the new, less those whose changes the program ignores. */
export function changed(old: Known, news: Properties): Set<string> {
  return new Set([...compare(old.inputs, news, []).changes.keys()].map((path) => path.split(/[.[]/)[0] ?? path));
}

/** The given inputs, with what the API says now for those that it knows: how a refresh shows what others have changed. */
export function refreshed(inputs: Properties, now: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, now[key] === undefined || value === unknown ? value : now[key]]),
  );
}

/** Splits an import id such as `<serviceName>/<kubeId>`. @throws when it has not that form */
export function importId<Names extends readonly string[]>(id: string, ...names: Names): { [Name in Names[number]]: string } {
  const parts = id.split("/");
  if (parts.length !== names.length || parts.includes(""))
    throw new Error(`the import id (${id}) must have the form ${names.map((name) => `<${name}>`).join("/")}`);
  return Object.fromEntries(names.map((name, i) => [name, parts[i]])) as { [Name in Names[number]]: string };
}

export const path = (...parts: unknown[]): string => parts.map((part) => `/${encodeURIComponent(String(part))}`).join("");

export const project = (properties: Properties, ...parts: unknown[]): string => path("cloud", "project", properties.serviceName, ...parts);

/** Drops what is undefined or null. */
export const compact = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null));
