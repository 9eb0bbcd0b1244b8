import { parseCatalog } from "../../common/catalog";

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
