import { nodeHourIn, parseCatalog } from "../../common/catalog";

const addon = (planCode: string, pricings: object[], technical: object = { cpu: { cores: 4 }, memory: { size: 15 } }) => ({
  planCode,
  pricings,
  blobs: { technical },
});
const renewal = { capacities: ["renew"], price: 1 };
const hour = (price: number) => ({ capacities: ["consumption"], price });

/** As the public one, which has thousands of addons of many kinds. */
const catalogue = {
  locale: { currencyCode: "GBP", subsidiary: "GB", taxRate: 20 },
  plans: [],
  addons: [
    addon("b2-15.consumption", [renewal, hour(12_900_000)], {
      cpu: { cores: 4, frequency: 2.3, type: "vCore" },
      memory: { size: 15 },
      storage: { disks: [{ capacity: 100, number: 1, technology: "SSD" }] },
    }),
    addon("b2-15.monthly.postpaid", [hour(9_999_999_999)]),
    addon("t1-45.consumption", [hour(170_000_000)], { cpu: { cores: 8 }, memory: { size: 45 }, gpu: { number: 1, model: "V100" } }),
    addon("b2-30.consumption", [renewal, { price: 5 }], { cpu: { cores: 8 }, memory: { size: 30 } }),
    { planCode: "volume.classic.consumption", pricings: [hour(5)], blobs: null },
    { planCode: "storage-standard", pricings: [] },
  ],
};

test("instances by the hour are read with their size and the price of consumption, and nothing else", () => {
  const { currency, flavors } = parseCatalog(catalogue);
  expect(currency).toBe("GBP");
  expect([...flavors]).toEqual([
    ["b2-15", { vCPUs: 4, ram: 15, disk: 100, gpus: 0, nodeHour: 0.129 }],
    ["t1-45", { vCPUs: 8, ram: 45, gpus: 1, nodeHour: 1.7 }],
    ["b2-30", { vCPUs: 8, ram: 30, gpus: 0 }],
  ]);
});

test.each([{}, { locale: {} }, { locale: { currencyCode: "EUR" }, addons: "none" }, { plans: [] }])("%p is no catalogue", (json) => {
  expect(() => parseCatalog(json)).toThrow("the answer is no catalogue");
});

test("a region of three zones has prices of its own, for some flavors the only ones", () => {
  const size = { cpu: { cores: 4 }, memory: { size: 16 } };
  const { flavors } = parseCatalog({
    locale: catalogue.locale,
    addons: [
      addon("b3-16.consumption.3AZ", [hour(9_300_000)], size),
      addon("b3-16.consumption", [hour(10_230_000)], size),
      addon("b3-16.consumption.LZ.EU", [hour(19_000_000)], size),
      addon("b2-15.consumption", [hour(12_900_000)], size),
      addon("x9-1.consumption.3AZ", [hour(1_000_000)], size),
    ],
  });
  const prices = (threeZones: boolean) => Object.fromEntries([...flavors].map(([name, flavor]) => [name, nodeHourIn(flavor, threeZones)]));
  expect(prices(false)).toEqual({ "b3-16": 0.1023, "b2-15": 0.129, "x9-1": undefined });
  expect(prices(true)).toEqual({ "b3-16": 0.093, "b2-15": 0.129, "x9-1": 0.01 });
});

test("what clusters and gateways cost by the hour is read, however OVHcloud writes the zones", () => {
  const { services, flavors } = parseCatalog({
    locale: catalogue.locale,
    addons: [
      { planCode: "mks.standard.hour.consumption.3az", pricings: [hour(9_000_000)], blobs: null },
      { planCode: "gateway.s.hour.consumption.3AZ", pricings: [hour(560_000)], blobs: null },
      { planCode: "gateway.s.month.consumption", pricings: [hour(200_000_000)], blobs: null },
      { planCode: "gateway.m.hour.consumption", pricings: [renewal], blobs: null },
    ],
  });
  expect([...services]).toEqual([
    ["mks.standard.hour.consumption.3az", 0.09],
    ["gateway.s.hour.consumption.3az", 0.0056],
  ]);
  expect(flavors.size).toBe(0);
});
