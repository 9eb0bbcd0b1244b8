import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { findRegion, flavorsIn, monthlyBillable, regions, roles, type Flavor } from "../../catalog/catalog";
import type { Cloud } from "../../cloud";
import { notFound } from "../../request/errors";
import { limits, usage } from "../../catalog/quota";
import { invalid } from "../../request/validate";

/** The project itself, and what it may use: regions, flavors, quota, roles. */
export function projectRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { context } = cloud;
  app.get("", () => ({
    project_id: context.serviceName,
    projectName: "local",
    description: "The local cloud",
    status: "ok",
    access: "full",
    planCode: "project.2018",
    creationDate: "2025-01-01T00:00:00Z",
    expiration: null,
    manualQuota: false,
    unleash: false,
    orderId: null,
  }));
  app.get("/role", () => ({ roles, services: [] }));

  app.get("/region", () => [...new Set([...regions.map((region) => region.name), context.storageRegion])].sort());
  app.get("/region/:region", (request) => regionView((request.params as { region: string }).region, context.storageRegion));
  app.get("/capabilities/kube/regions", () => regions.map((region) => region.name));
  app.get("/capabilities/kube/flavors", (request) => {
    const { region } = request.query as { region?: string };
    if (!region) throw invalid({ region: "is mandatory" });
    return kubeFlavors(region);
  });

  const flavorViews = (region: string): ReturnType<typeof flavorView>[] => flavorsIn(region).map((flavor) => flavorView(flavor, region));
  app.get("/flavor", (request) => {
    const { region } = request.query as { region?: string };
    return (region === undefined ? regions.map(({ name }) => name) : [knownRegion(region)]).flatMap(flavorViews);
  });
  app.get("/flavor/:id", (request) => {
    const { id } = request.params as { id: string };
    const flavor = regions.flatMap(({ name }) => flavorViews(name)).find((candidate) => candidate.id === id);
    if (!flavor) throw notFound(`Flavor ${id} not found`);
    return flavor;
  });

  const quota = (region: string): Record<string, unknown> => {
    const limit = limits(context);
    const used = usage(context, region);
    return {
      region,
      instance: {
        maxCores: limit.cores,
        usedCores: used.cores,
        maxInstances: limit.instances,
        usedInstances: used.instances,
        maxRam: limit.ram * 1000,
        usedRAM: used.ram * 1000,
      },
    };
  };
  app.get("/quota", () => regions.map(({ name }) => quota(name)));
  app.get("/region/:region/quota", (request) => quota(knownRegion((request.params as { region: string }).region)));
}

/** The flavors of a region as the Kubernetes service shows them. */
export function kubeFlavors(region: string): Record<string, unknown>[] {
  return flavorsIn(knownRegion(region)).map(({ name, category, vCPUs, gpus, ram }) => ({
    name,
    category,
    state: "available",
    vCPUs,
    gpus,
    ram,
    isLocalStorage: true,
  }));
}

function knownRegion(name: string): string {
  if (!findRegion(name)) throw notFound(`Region ${name} not found`);
  return name;
}

function regionView(name: string, storageRegion: string): Record<string, unknown> {
  const region = findRegion(name);
  if (!region && name !== storageRegion) throw notFound(`Region ${name} not found`);
  const services = [...(region ? ["instance", "network", "volume"] : []), ...(name === storageRegion ? ["storage-s3-standard"] : [])];
  return {
    name,
    type: region && region.zones.length > 1 ? "region-3-az" : "region",
    status: "UP",
    continentCode: region?.continent ?? "EU",
    datacenterLocation: name,
    availabilityZones: region && region.zones.length > 1 ? region.zones : [],
    ipCountries: [],
    services: services.map((service) => ({ name: service, status: "UP", endpoint: "" })),
  };
}

function flavorView(flavor: Flavor, region: string) {
  return {
    id: flavorId(flavor.name, region),
    name: flavor.name,
    region,
    ram: flavor.ram,
    disk: flavor.disk,
    vcpus: flavor.vCPUs,
    type: flavor.gpus > 0 ? "ovh.gpu" : "ovh.ssd.eg",
    osType: "linux",
    inboundBandwidth: flavor.bandwidth,
    outboundBandwidth: flavor.bandwidth,
    available: true,
    quota: 100,
    planCodes: {
      hourly: `${flavor.name}.consumption`,
      monthly: monthlyBillable(flavor.name) ? `${flavor.name}.monthly.postpaid` : null,
      license: null,
    },
    capabilities: ["resize", "snapshot", "volume", "failoverip"].map((name) => ({ name, enabled: true })),
  };
}

/** A UUID that is the same at each start. */
function flavorId(name: string, region: string): string {
  const hex = createHash("sha256").update(`${region}/${name}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}
