import type { FastifyInstance } from "fastify";
import { flavors, type Flavor, hourlyPriceInThreeZones, kubernetes, servicePrices } from "../../catalog/catalog";
import { invalid } from "../../request/validate";

/** The part of the API's description that this project reads. */
const description = {
  apiVersion: "1.0",
  resourcePath: "/cloud",
  apis: [],
  models: {
    "cloud.kube.VersionEnum": {
      id: "VersionEnum",
      namespace: "cloud.kube",
      description: "List of available versions for installation",
      enumType: "string",
      enum: [kubernetes.minor],
    },
  },
};

/** The catalogue's prices are whole numbers of 1/100,000,000 of the currency's unit. */
const unitsPerEuro = 100_000_000;

/** What anybody may read: the price list, and the description of the API. */
export function catalogRoutes(app: FastifyInstance): void {
  app.get("/cloud.json", () => description);
  app.get("/order/catalog/public/cloud", (request) => {
    const { ovhSubsidiary } = request.query as { ovhSubsidiary?: string };
    if (!ovhSubsidiary) throw invalid({ ovhSubsidiary: "is mandatory" });
    return {
      catalogId: 1,
      locale: { currencyCode: "EUR", subsidiary: ovhSubsidiary, taxRate: 20 },
      plans: [{ planCode: "project.2018", invoiceName: "Public Cloud project", product: "cloud", pricings: [] }],
      addons: [
        ...flavors.flatMap((flavor) => {
          const { hourlyPrice, monthlyPrice } = flavor;
          const inThreeZones = hourlyPriceInThreeZones(flavor);
          return [
            addon(flavor, "consumption", "hour", hourlyPrice),
            ...(inThreeZones === undefined ? [] : [addon(flavor, "consumption.3AZ", "hour", inThreeZones)]),
            ...(monthlyPrice === undefined ? [] : [addon(flavor, "monthly.postpaid", "month", monthlyPrice)]),
          ];
        }),
        ...servicePrices.map(([planCode, hour]) => ({
          planCode,
          invoiceName: planCode,
          product: `publiccloud-${planCode.split(".")[0]}`,
          pricingType: "consumption",
          blobs: null,
          pricings: [pricing("hour", hour)],
        })),
      ],
    };
  });
}

function addon(flavor: Flavor, kind: string, intervalUnit: "hour" | "month", price: number): Record<string, unknown> {
  return {
    planCode: `${flavor.name}.${kind}`,
    invoiceName: flavor.name,
    product: "publiccloud-instance",
    pricingType: kind.startsWith("consumption") ? "consumption" : "rental",
    blobs: {
      technical: {
        cpu: { cores: flavor.vCPUs },
        memory: { size: flavor.ram },
        ...(flavor.gpus > 0 && { gpu: { number: flavor.gpus } }),
      },
    },
    pricings: [pricing(intervalUnit, price)],
  };
}

const pricing = (intervalUnit: "hour" | "month", price: number): Record<string, unknown> => ({
  capacities: ["consumption"],
  mode: "default",
  phase: 0,
  interval: 1,
  intervalUnit,
  price: Math.round(price * unitsPerEuro),
  tax: 0,
});
