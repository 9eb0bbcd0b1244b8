import { Prices } from "../../../autoscaler/cloud/prices";
import { type BreakingServer, startBreakingServer } from "../../common/breaking-server";

const catalog = {
  locale: { currencyCode: "EUR" },
  addons: [
    {
      planCode: "b3-8.consumption",
      pricings: [{ price: 5_000_000, capacities: ["consumption"] }],
      blobs: { technical: { cpu: { cores: 2 }, memory: { size: 8 } } },
    },
  ],
};
let api: BreakingServer;
let stop: AbortController;
let errors: string[];

beforeEach(async () => {
  [stop, errors] = [new AbortController(), []];
  api = await startBreakingServer(0, (_, response) => response.end(JSON.stringify(catalog)));
});
afterEach(async () => {
  stop.abort();
  await api.close();
});

/** Reads the prices until there is an error or a currency. */
async function read(): Promise<Prices> {
  const prices = new Prices(`${api.url}/catalog`, { own: 2 }, false, (message) => errors.push(message));
  const running = prices.run(stop.signal);
  while (errors.length === 0 && prices.list.currency === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await running;
  return prices;
}

it("reads the catalogue again at once where the connection breaks", async () => {
  api.breaks = 2;
  expect((await read()).list).toEqual({ prices: { own: 2, "b3-8": 0.05 }, currency: "EUR" });
  expect(api.asked).toHaveLength(3);
  expect(errors).toEqual([]);
});

it("says why the catalogue cannot be read, and has the configured prices", async () => {
  api.breaks = 4;
  expect((await read()).list).toEqual({ prices: { own: 2 }, currency: undefined });
  expect(errors).toEqual([
    expect.stringMatching(/^the prices at .*\/catalog: (other side closed|.*ECONNRESET); nodes go by size meanwhile$/),
  ]);
});
