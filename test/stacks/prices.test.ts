import type { Settings } from "../../stacks/config";
import { billingOf, clusterFeesOf, pricesOf } from "../../stacks/prices";

const settings = (prices: Partial<Settings["prices"]>): Settings => ({ prices: { nodeHour: {}, ...prices } }) as Settings;

describe("where the price list is", () => {
  it.each([
    [undefined, "https://eu.api.ovh.com/1.0", "FR"],
    ["ovh-eu", "https://eu.api.ovh.com/1.0", "FR"],
    ["ovh-ca", "https://ca.api.ovh.com/1.0", "CA"],
    ["ovh-us", "https://api.us.ovhcloud.com/1.0", "US"],
    ["http://127.0.0.1:18080/1.0", "http://127.0.0.1:18080/1.0", "FR"],
  ])("follows the provider's endpoint %s", (endpoint, catalog, subsidiary) => {
    expect(pricesOf(settings({}), endpoint)).toEqual({ catalog, subsidiary, nodeHour: {} });
  });

  it("is what the configuration says", () => {
    const own = { catalog: "http://10.250.0.1:18080/1.0", subsidiary: "DE", nodeHour: { "c2-15": 0.1 } };
    expect(pricesOf(settings(own), "ovh-ca")).toEqual(own);
  });
});

describe("what the cluster of a stack costs beside its nodes", () => {
  const stack = (plan: string, region: string, network?: object): Settings => ({ region, cluster: { plan }, network }) as Settings;

  it("is the plan Standard and the gateway that the program makes", () => {
    const codes = (settings: Settings) => clusterFeesOf(settings).map(({ planCode }) => planCode);
    expect(codes(stack("free", "GRA11"))).toEqual([]);
    expect(codes(stack("free", "GRA11", { gatewayModel: "l" }))).toEqual(["gateway.l.hour.consumption"]);
    expect(codes(stack("standard", "RBX-A"))).toEqual(["mks.standard.hour.consumption"]);
    expect(codes(stack("standard", "EU-WEST-PAR", { gatewayModel: "s" }))).toEqual([
      "mks.standard.hour.consumption.3az",
      "gateway.s.hour.consumption.3AZ",
    ]);
  });
});

describe("how nodes are billed", () => {
  const billing = (region: string, endpoint?: string, own?: "hourly" | "perSecond") =>
    billingOf({ region, autoscaler: { billing: own } } as Settings, endpoint);

  it("is by the second, but in the US", () => {
    expect([billing("GRA11"), billing("BHS5", "ovh-ca"), billing("GRA11", "http://127.0.0.1:18080/1.0")]).toEqual(
      Array(3).fill("perSecond"),
    );
    expect([billing("US-EAST-VA-1", "ovh-us"), billing("US-EAST-VA-1"), billing("GRA11", "ovh-us")]).toEqual(Array(3).fill("hourly"));
  });

  it("is what the configuration says", () => {
    expect([billing("GRA11", "ovh-eu", "hourly"), billing("US-EAST-VA-1", "ovh-us", "perSecond")]).toEqual(["hourly", "perSecond"]);
  });
});
