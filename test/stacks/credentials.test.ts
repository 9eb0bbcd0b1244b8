import { loadConfig } from "../../stacks/load";

const settings = {
  "ovh-mks-batch:serviceName": "0123456789abcdef0123456789abcdef",
  "ovh-mks-batch:images": JSON.stringify({ registry: "registry.example.com/batch" }),
};

const load = (config: Record<string, string>, env: Record<string, string> = {}, files: string[] = []) =>
  loadConfig({ config: { ...settings, ...config }, secretKeys: [], env, exists: (file) => files.includes(file) }).credentials;

function messageOf(...args: Parameters<typeof load>): string {
  try {
    load(...args);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was wrong");
}

const key = { OVH_APPLICATION_KEY: "a", OVH_APPLICATION_SECRET: "b", OVH_CONSUMER_KEY: "c" };

describe("the credentials", () => {
  it("are left to the plugin where the environment or an ovh.conf holds them", () => {
    expect(load({}, { OVH_ENDPOINT: "ovh-eu", ...key })).toEqual({});
    expect(load({}, { HOME: "/home/me" }, ["/home/me/.ovh.conf"])).toEqual({});
    expect(load({}, {}, ["/etc/ovh.conf"])).toEqual({});
  });

  it("are passed on from the configuration, which may hold a part of them", () => {
    expect(load({ "ovh:endpoint": "ovh-ca", "ovh:consumerKey": "x" }, key)).toEqual({ endpoint: "ovh-ca", consumerKey: "x" });
  });

  it.each([
    ["an OAuth2 client", { OVH_ENDPOINT: "ovh-eu", OVH_CLIENT_ID: "i", OVH_CLIENT_SECRET: "s" }],
    ["an access token", { OVH_ENDPOINT: "ovh-eu", OVH_ACCESS_TOKEN: "t" }],
  ])("may be %s", (_what, env) => {
    expect(load({}, env)).toEqual({});
  });

  it.each<[string, Record<string, string>, string[]]>([
    ["nothing", {}, ["endpoint", "clientId", "clientSecret"]],
    [
      "a URL alone, for which there are no service accounts",
      { OVH_ENDPOINT: "http://10.0.0.1/1.0" },
      ["applicationKey", "applicationSecret", "consumerKey"],
    ],
    ["no consumer key", { OVH_ENDPOINT: "ovh-eu", ...key, OVH_CONSUMER_KEY: "" }, ["consumerKey"]],
    ["half an OAuth2 client", { OVH_ENDPOINT: "ovh-eu", OVH_CLIENT_ID: "i" }, ["clientSecret"]],
    ["no endpoint", key, ["endpoint"]],
  ])("with %s: each that is missing is named, with both ways to set it", (_what, env, missing) => {
    const message = messageOf({}, env);
    expect(
      [...message.matchAll(/ovh:(\w+) is missing: set the environment variable (OVH_\w+), or run `pulumi config set/g)].map(
        ([, name]) => name,
      ),
    ).toEqual(missing);
  });

  it("are of one way to sign in, wherever they are set", () => {
    const message = messageOf({ "ovh:clientId": "i", "ovh:clientSecret": "s" }, { OVH_ENDPOINT: "ovh-eu", ...key });
    expect(message).toContain(
      "ovh:clientId (OVH_CLIENT_ID) and ovh:applicationKey (OVH_APPLICATION_KEY) are set: the provider signs in one way only",
    );
    const token = { OVH_ENDPOINT: "ovh-eu", OVH_ACCESS_TOKEN: "t", OVH_CONSUMER_KEY: "c" };
    expect(messageOf({}, token)).toContain("ovh:consumerKey (OVH_CONSUMER_KEY) and ovh:accessToken (OVH_ACCESS_TOKEN) are set");
  });

  it("of a service account are for OVHcloud's own endpoints, as the provider has it", () => {
    const account = { OVH_CLIENT_ID: "i", OVH_CLIENT_SECRET: "s" };
    expect(messageOf({}, { OVH_ENDPOINT: "http://10.0.0.1/1.0", ...account })).toContain(
      "ovh:clientId (OVH_CLIENT_ID) cannot be used with the endpoint http://10.0.0.1/1.0: OAuth2 is for ovh-eu, ovh-ca and ovh-us",
    );
  });

  it("refuse an unknown key, which the provider would not be given", () => {
    expect(() => load({ "ovh:aplicationKey": "a" }, { OVH_ENDPOINT: "ovh-eu", ...key })).toThrow(
      "ovh:aplicationKey is not a setting; did you mean ovh:applicationKey?",
    );
  });

  it("show no value in a message", () => {
    expect(messageOf({ "ovh:applicationSecret": "hunter2", "ovh:consumerky": "hunter2" })).not.toContain("hunter2");
  });
});
