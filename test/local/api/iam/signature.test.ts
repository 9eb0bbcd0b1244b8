import { nodeHourIn, parseCatalog } from "../../../../common/catalog";
import { feesOf } from "../../../../common/fees";
import { Harness, identity, project, removeTemporaryFolders, serviceName, signedHeaders } from "../harness";
import { sign } from "../../../../local/api/iam/signature";
import { including } from "../matchers";

let harness: Harness;
beforeEach(() => (harness = new Harness()));
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const url = `/1.0${project}/kube`;
const headers = (changes: Record<string, string | undefined> = {}, at = url, body = ""): Record<string, string> => {
  const all = { ...signedHeaders("GET", `http://test.local${at}`, body, harness.clock.now()), ...changes };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
};

it("signs as OVHcloud's documentation and go-ovh do", () => {
  // The values of go-ovh's own test (revoked credentials that it publishes).
  const key = {
    applicationKey: "TDPKJdwZwAQPwKX2",
    applicationSecret: "9ufkBmLaTQ9nz5yMUlg79taH0GNnzDjk",
    consumerKey: "5mBuy6SUQcRw2ZUxg0cG68BoDKpED4KY",
  };
  const request = { url: "https://api.eu.ovhcloud.com/1.0/auth", body: "" };
  expect(sign(key, { ...request, method: "GET" }, "1457018875")).toBe("$1$52992e595b398f6aba591ee5925b379081614ced");
  expect(sign(key, { ...request, method: "POST", body: '{"a":"b","c":"d"}' }, "1457018875")).toBe(
    "$1$ea0e0d82447373a3ddf5947065f1d519ca0bcaf2",
  );
});

it("accepts a right signature, and answers with a query id", async () => {
  const answer = await harness.send("GET", url, "", headers());
  expect(answer).toMatchObject({ status: 200, body: [] });
  expect(answer.headers["x-ovh-queryid"]).toMatch(/^LOCAL\.ext-1\.[0-9a-f]{8}\.\d+\.[0-9a-f]{12}$/);
});

it("takes the URL as it was sent, an empty query and escapes included", async () => {
  for (const path of [`${url}?`, `/1.0${project}/flavor?region=GRA11&x=%2F`]) {
    expect(await harness.overSocket("GET", path)).toBe(200);
    expect((await harness.send("GET", path, "", headers({}, `${url}/other`))).status).toBe(400);
  }
});

it.each([
  [
    "no credentials at all",
    { "x-ovh-application": undefined, "x-ovh-consumer": undefined },
    401,
    "Client::Unauthorized",
    "NOT_CREDENTIAL",
    "You must login first",
  ],
  [
    "an unknown application key",
    { "x-ovh-application": "other" },
    403,
    "Client::Forbidden",
    "INVALID_KEY",
    "This application key is invalid",
  ],
  [
    "an unknown consumer key",
    { "x-ovh-consumer": "other" },
    403,
    "Client::Forbidden",
    "INVALID_CREDENTIAL",
    "This credential does not exist",
  ],
  ["no consumer key", { "x-ovh-consumer": undefined }, 403, "Client::Forbidden", "INVALID_CREDENTIAL", "This credential does not exist"],
  ["no time stamp", { "x-ovh-timestamp": undefined }, 400, "Client::BadRequest", "QUERY_TIME_OUT", "Query out of time"],
  ["a time stamp that is no number", { "x-ovh-timestamp": "1e9" }, 400, "Client::BadRequest", "QUERY_TIME_OUT", "Query out of time"],
  ["a wrong signature", { "x-ovh-signature": "$1$0000" }, 400, "Client::BadRequest", "INVALID_SIGNATURE", "Invalid signature"],
  ["no signature", { "x-ovh-signature": undefined }, 400, "Client::BadRequest", "INVALID_SIGNATURE", "Invalid signature"],
])("refuses %s", async (_what, changes, status, errorClass, errorCode, message) => {
  const answer = await harness.send("GET", url, "", headers(changes));
  expect(answer).toMatchObject({ status, body: { class: errorClass, message, errorCode } });
  expect(answer.headers["x-ovh-queryid"]).toBeDefined();
});

it("refuses a stale time stamp, in both directions, although the signature fits it", async () => {
  for (const off of [-200, 200]) {
    const then = new Date(harness.clock.now().getTime() + off * 1000);
    const answer = await harness.send("GET", url, "", signedHeaders("GET", `http://test.local${url}`, "", then));
    expect(answer).toMatchObject({ status: 400, body: { message: "Query out of time" } });
  }
});

it("refuses a body, a method, a host or a secret other than the signed one", async () => {
  const body = '{"region":"GRA11"}';
  const at = (method: "POST" | "GET", host: string, text: string, key = identity): Record<string, string> =>
    signedHeaders(method, `http://${host}${url}`, text, harness.clock.now(), key);
  for (const wrong of [
    at("POST", "test.local", '{"region":"GRA9"}'),
    at("GET", "test.local", body),
    at("POST", "other.local", body),
    at("POST", "test.local", body, { ...identity, applicationSecret: "other" }),
  ]) {
    expect(await harness.send("POST", url, body, wrong)).toMatchObject({ status: 400, body: { message: "Invalid signature" } });
  }
  expect(harness.cluster.calls).toEqual([]);
});

it.each(["/1.0", "/v1", "/v2"])("serves the same API under %s", async (prefix) => {
  const path = `${prefix}/auth/details`;
  expect(await harness.send("GET", path, "", headers({}, path))).toMatchObject({ status: 200, body: { method: "consumerKey" } });
});

it("tells the time and the prices to anybody", async () => {
  expect(await harness.send("GET", "/1.0/auth/time", "", {})).toMatchObject({ status: 200, body: harness.clock.now().getTime() / 1000 });
  const { status, body } = await harness.send("GET", "/1.0/order/catalog/public/cloud?ovhSubsidiary=FR", "", {});
  expect(status).toBe(200);
  const addon = (body as { addons: { planCode: string; pricings: unknown[] }[] }).addons.find(
    ({ planCode }) => planCode === "c2-15.consumption",
  );
  expect(addon?.pricings).toMatchObject([{ price: 19_000_000, intervalUnit: "hour", capacities: ["consumption"] }]);
  const { flavors, services } = parseCatalog(body);
  expect(nodeHourIn(flavors.get("b3-16")!, true)).toBe(0.093);
  expect(nodeHourIn(flavors.get("b3-16")!, false)).toBe(0.1023);
  const fees = feesOf({ plan: "standard", gatewayModel: "s", threeZones: true });
  for (const { planCode } of fees) expect(services.get(planCode.toLowerCase())).toBeGreaterThan(0);
});

/** Asks with a key that may read every project. */
async function askAll(path: string) {
  const { body } = await harness.call("POST", "/_keys", { rules: [{ method: "GET", path: "/cloud/project/*" }] });
  const headers = signedHeaders("GET", `http://test.local/1.0${path}`, "", harness.clock.now(), body as typeof identity);
  return harness.send("GET", `/1.0${path}`, "", headers);
}

it("answers as OVHcloud to routes, projects and bodies that it does not know", async () => {
  expect(await harness.call("GET", `${project}/nonsense`)).toMatchObject({
    status: 404,
    body: { class: "Client::NotFound", message: "Got an invalid (or empty) URL" },
  });
  expect(await askAll(`/cloud/project/${"f".repeat(32)}/kube`)).toMatchObject({
    status: 404,
    body: { class: "Client::NotFound", message: "This service does not exist" },
  });
  const body = "{not json";
  const at = signedHeaders("POST", `http://test.local${url}`, body, harness.clock.now());
  expect(await harness.send("POST", url, body, at)).toMatchObject({ status: 400, body: { class: "Client::BadRequest" } });
});

it("logs a line for each request, without query, body or credentials", async () => {
  await harness.call("POST", `${project}/user?secret=abc`, { description: "hidden" });
  expect(harness.requests).toHaveLength(1);
  expect(harness.requests[0]).toContain(`POST /1.0${project}/user 200`);
  expect(harness.requests[0]).not.toMatch(/secret|hidden|\$1\$|consumer-key/);
});

it("shows the project, its regions, flavors and roles", async () => {
  expect((await askAll(project)).body).toMatchObject({ project_id: serviceName, status: "ok" });
  expect((await harness.call("GET", `${project}/region`)).body).toEqual(expect.arrayContaining(["GRA", "GRA11"]));
  expect((await harness.call("GET", `${project}/region/EU-WEST-PAR`)).body).toMatchObject({
    availabilityZones: ["eu-west-par-a", "eu-west-par-b", "eu-west-par-c"],
    status: "UP",
  });
  expect((await harness.call("GET", `${project}/region/MARS`)).status).toBe(404);
  expect((await harness.call("GET", `${project}/capabilities/kube/regions`)).body).toContain("GRA11");
  const flavors = (await harness.call("GET", `${project}/capabilities/kube/flavors?region=GRA11`)).body as { name: string }[];
  expect(flavors.find(({ name }) => name === "b2-7")).toEqual({
    name: "b2-7",
    category: "b",
    state: "available",
    vCPUs: 2,
    gpus: 0,
    isLocalStorage: true,
    ram: 7,
  });
  expect((await harness.call("GET", `${project}/capabilities/kube/flavors`)).status).toBe(400);
  const [flavor] = (await harness.call("GET", `${project}/flavor?region=GRA11`)).body as { id: string }[];
  expect((await harness.call("GET", `${project}/flavor/${flavor?.id}`)).body).toEqual(flavor);
  expect((await harness.call("GET", `${project}/role`)).body).toMatchObject({
    roles: including({ name: "objectstore_operator" }),
  });
});

it("tells the versions of Kubernetes that a cluster may have in the description of the API, which needs no key", async () => {
  const { status, body } = await harness.send("GET", "/v1/cloud.json", "", {});
  expect(status).toBe(200);
  const { models } = body as { models: Record<string, { enum: string[] }> };
  expect(models["cloud.kube.VersionEnum"]?.enum).toEqual(["1.34"]);
});
