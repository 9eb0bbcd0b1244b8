import { ovhProvider } from "../../../../local/plugins/ovh/provider";
import { Secret, unknown } from "../../../../local/plugins/protocol/values";

const provider = ovhProvider("1.0.0");
const keys = { applicationKey: "AK", applicationSecret: "AS", consumerKey: "CK" };
const variables = [
  "OVH_ENDPOINT",
  "OVH_CLIENT_ID",
  "OVH_CLIENT_SECRET",
  "OVH_APPLICATION_KEY",
  "OVH_APPLICATION_SECRET",
  "OVH_CONSUMER_KEY",
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

beforeEach(() => {
  for (const name of variables) delete process.env[name];
});

afterAll(() => {
  for (const [name, value] of Object.entries(before)) if (value !== undefined) process.env[name] = value;
});

test("missing credentials are told all at once, with where to put them", async () => {
  const { failures } = await provider.checkConfig({}, {});
  expect(failures.map(({ property }) => property)).toEqual(["endpoint", "applicationKey", "applicationSecret", "consumerKey"]);
  expect(failures[1]?.reason).toBe("is required: set ovh:applicationKey, or the environment variable OVH_APPLICATION_KEY");
});

test("the environment stands in for settings that the program leaves out", async () => {
  Object.assign(process.env, { OVH_ENDPOINT: "ovh-eu", OVH_APPLICATION_KEY: "a", OVH_APPLICATION_SECRET: "b", OVH_CONSUMER_KEY: "c" });
  expect((await provider.checkConfig({}, {})).failures).toEqual([]);
});

test.each(["ovh-eu", "ovh-ca", "ovh-us", "http://127.0.0.1:18080/1.0", unknown])("the endpoint %s is good", async (endpoint) => {
  expect((await provider.checkConfig({ endpoint, ...keys }, {})).failures).toEqual([]);
});

test("an endpoint of no known name is refused", async () => {
  const { failures } = await provider.checkConfig({ endpoint: "ovh-mars", ...keys }, {});
  expect(failures).toEqual([{ property: "endpoint", reason: "(ovh-mars) must be one of ovh-eu, ovh-ca, ovh-us, or a URL" }]);
});

describe("a service account", () => {
  const account = { clientId: "i", clientSecret: "s" };
  const reasonsOf = async (config: Record<string, string>) =>
    (await provider.checkConfig(config, {})).failures.map(({ property, reason }) => `${property} ${reason}`);

  test("signs in at OVHcloud's own endpoints, in place of an application key; its secret is secret in the state", async () => {
    const { inputs, failures } = await provider.checkConfig({ endpoint: "ovh-ca", ...account }, {});
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ clientId: "i", clientSecret: new Secret("s") });
    Object.assign(process.env, { OVH_ENDPOINT: "ovh-eu", OVH_CLIENT_ID: "i", OVH_CLIENT_SECRET: "s" });
    expect((await provider.checkConfig({}, {})).failures).toEqual([]);
  });

  test("that is half given, beside a key or for another endpoint is refused, as by the official plugin", async () => {
    expect(await reasonsOf({ endpoint: "ovh-eu", clientId: "i" })).toEqual([expect.stringMatching(/^clientSecret is required/)]);
    expect(await reasonsOf({ endpoint: "ovh-eu", ...account, ...keys })).toEqual([
      expect.stringMatching(/can't use multiple authentication methods/),
    ]);
    expect(await reasonsOf({ endpoint: "http://127.0.0.1:18080/1.0", ...account })).toEqual([
      "clientId is not compatible with the endpoint http://127.0.0.1:18080/1.0: OAuth2 is for ovh-eu, ovh-ca, ovh-us",
    ]);
  });
});

test("keys are secret in the state", async () => {
  const { inputs } = await provider.checkConfig({ endpoint: "ovh-eu", ...keys }, {});
  expect(inputs).toMatchObject({ applicationKey: "AK", applicationSecret: new Secret("AS"), consumerKey: new Secret("CK") });
});

test("settings, types and functions that the stand-in does not know are refused", async () => {
  const { failures } = await provider.checkConfig({ endpoint: "ovh-eu", ...keys, apiRateLimit: "x" }, {});
  expect(failures).toEqual([{ property: "apiRateLimit", reason: expect.stringMatching(/not known to the stand-in/) as string }]);
  expect(() => provider.resource("ovh:Domain/zone:Zone")).toThrow(/not known to the stand-in of the ovh plugin; it knows .*Kube/);
});

test("a change of the settings never replaces the resources", async () => {
  const diff = await provider.diffConfig({ endpoint: "ovh-eu" }, { endpoint: "ovh-ca" });
  expect([...diff.changes]).toEqual([["endpoint", { change: "update", replace: false }]]);
});
