import { type Fields, faults, list, required, text } from "../protocol/shape";
import type { Properties } from "../protocol/values";
import type { Api } from "./common/api";
import { owner, project } from "./common/define";
import { readOutputs } from "./resources/kube";

interface Fun {
  readonly fields: Fields;
  run(api: Api, args: Properties): Promise<Properties>;
}

interface Region extends Properties {
  readonly name: string;
  readonly services: readonly { name: string; status: string }[];
}

const functions: Record<string, Fun> = {
  "ovh:CloudProject/getFlavors:getFlavors": {
    fields: { serviceName: required(text), region: text, nameFilter: text },
    async run(api, args) {
      const query = args.region === undefined ? "" : `?region=${encodeURIComponent(args.region as string)}`;
      const flavors = await api.get<Properties[]>(project(args, "flavor") + query);
      return {
        ...args,
        id: args.serviceName,
        flavors: flavors.filter(({ name }) => args.nameFilter === undefined || name === args.nameFilter),
      };
    },
  },
  "ovh:CloudProject/getKube:getKube": {
    fields: { serviceName: required(text), kubeId: required(text) },
    async run(api, args) {
      const outputs = await readOutputs(api, String(args.kubeId), args, {});
      if (!outputs) throw new Error(`there is no cluster ${String(args.kubeId)} in the project ${String(args.serviceName)}`);
      return { ...outputs, id: args.kubeId, kubeId: args.kubeId };
    },
  },
  "ovh:CloudProject/getRegion:getRegion": {
    fields: { serviceName: required(text), name: required(text) },
    async run(api, args) {
      const region = await api.get<Region>(project(args, "region", args.name));
      return { ...region, id: `${String(args.serviceName)}_${region.name}`, serviceName: args.serviceName };
    },
  },
  "ovh:CloudProject/getRegions:getRegions": {
    fields: { serviceName: required(text), hasServicesUps: list(text) },
    async run(api, args) {
      const names = await api.get<string[]>(project(args, "region"));
      const wanted = (args.hasServicesUps ?? []) as string[];
      const regions = wanted.length === 0 ? [] : await Promise.all(names.map((name) => api.get<Region>(project(args, "region", name))));
      const up = regions.filter((region) =>
        wanted.every((name) => region.services.some((service) => service.name === name && service.status === "UP")),
      );
      return { ...args, id: args.serviceName, names: wanted.length === 0 ? names : up.map((region) => region.name) };
    },
  },
};

export async function invoke(api: () => Api, token: string, args: Properties): Promise<Properties> {
  const found = functions[token];
  if (!found) throw new Error(`${token} is not known to ${owner}; it knows ${Object.keys(functions).join(", ")}`);
  const given = { ...args, serviceName: args.serviceName ?? process.env.OVH_CLOUD_PROJECT_SERVICE };
  const [fault] = faults(given, found.fields, owner);
  if (fault) throw new Error(`${token}: ${fault.property} ${fault.reason}`);
  return found.run(api(), given);
}
