import { feesOf, priceFees } from "../../common/fees";

const catalog = (services: Record<string, number>) => ({
  currency: "EUR",
  flavors: new Map(),
  services: new Map(Object.entries(services)),
});

describe("what a cluster costs beside its nodes", () => {
  it("is nothing with the plan Free and no gateway", () => {
    expect(feesOf({ plan: "free", threeZones: false })).toEqual([]);
  });

  it("is the plan Standard and the gateway, with the plan codes of the region's zones", () => {
    expect(feesOf({ plan: "standard", gatewayModel: "s", threeZones: true })).toEqual([
      { what: "plan Standard", planCode: "mks.standard.hour.consumption.3az" },
      { what: "gateway s", planCode: "gateway.s.hour.consumption.3AZ" },
    ]);
    expect(feesOf({ plan: "standard", gatewayModel: "m", threeZones: false }).map(({ planCode }) => planCode)).toEqual([
      "mks.standard.hour.consumption",
      "gateway.m.hour.consumption",
    ]);
  });

  it("has the catalogue's prices; what lacks one for three zones has the usual one, and what has none is told", () => {
    const fees = [
      ...feesOf({ plan: "standard", gatewayModel: "s", threeZones: true }),
      { what: "other", planCode: "other.hour.consumption" },
    ];
    const services = {
      "mks.standard.hour.consumption.3az": 0.09,
      "mks.standard.hour.consumption": 0.08,
      "gateway.s.hour.consumption": 0.003,
    };
    expect(priceFees(fees, catalog(services))).toEqual({
      perHour: 0.093,
      currency: "EUR",
      parts: [{ what: "plan Standard", perHour: 0.09 }, { what: "gateway s", perHour: 0.003 }, { what: "other" }],
    });
  });
});
