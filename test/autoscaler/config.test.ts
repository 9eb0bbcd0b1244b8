import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ovhAccess, readConfig, rulesOf } from "../../autoscaler/config";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "autoscaler-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, "config.yaml");
  writeFileSync(path, content);
  return path;
}

describe("configuration", () => {
  test("every key has a default", () => {
    for (const config of [readConfig(undefined), readConfig(file(""))]) {
      expect(config).toMatchObject({ leaseNamespace: "autoscaler", scaleDownDelaySeconds: "auto", httpPort: 8080, logLevel: "info" });
    }
  });

  test("times become milliseconds, and flavors complete the catalogue", () => {
    const rules = rulesOf(readConfig(file("scaleDownDelaySeconds: 5\nflavors: {new-1: {vCPUs: 1, ram: 2, disk: 10}}\n")));
    expect(rules.scaleDownDelay).toBe(5000);
    expect(rules.namedRemoval).toBe(false);
    expect(rules.flavors).toMatchObject({ "new-1": { vCPUs: 1, gpus: 0 }, "c2-15": { vCPUs: 4 } });
  });

  test("billing is by the second, but in the US", () => {
    const billing = (text: string) => rulesOf(readConfig(file(text))).billing;
    const ovh = (endpoint: string) => billing(`ovh: {endpoint: "${endpoint}", serviceName: a, kubeId: b}\n`);
    expect([billing(""), ovh("ovh-eu"), ovh("ovh-ca"), ovh("ovh-us")]).toEqual(["perSecond", "perSecond", "perSecond", "hourly"]);
    expect(ovh("https://api.us.ovhcloud.com/v1")).toBe("hourly");
    expect([billing("prices: {subsidiary: US}\n"), billing("billing: hourly\n")]).toEqual(["hourly", "hourly"]);
    expect(billing("billing: perSecond\nprices: {subsidiary: US}\n")).toBe("perSecond");
  });

  test("all faults are told at once, with the known keys", () => {
    const wrong = file("scaleDownDelay: 5\nhttpPort: 0\novh: {kubeId: x}\n");
    expect(() => readConfig(wrong)).toThrow(
      /httpPort .*\n.*ovh\.serviceName must be given\n.*scaleDownDelay is not known; there are leaseNamespace, scaleDownDelaySeconds/s,
    );
  });

  test("a time to boot that no node can keep is refused", () => {
    for (const key of ["nodeBootTimeoutSeconds", "gpuNodeBootTimeoutSeconds"]) {
      for (const value of [0, 60, 299]) expect(() => readConfig(file(`${key}: ${value}\n`))).toThrow(`${key} must be at least 300`);
      expect(readConfig(file(`${key}: 300\n`))).toMatchObject({ [key]: 300 });
    }
    expect(rulesOf(readConfig(undefined))).toMatchObject({ bootTimeout: 1_200_000, gpuBootTimeout: 5_400_000 });
  });

  test("a file that is missing or no YAML is named", () => {
    expect(() => readConfig(join(folder, "none.yaml"))).toThrow(/none\.yaml cannot be read/);
    expect(() => readConfig(file("a: [1"))).toThrow(/config\.yaml is neither YAML nor JSON: line 1, column \d/);
  });

  test("the OVHcloud API needs credentials from the environment", () => {
    const config = readConfig(file("ovh: {serviceName: s, kubeId: k}\n"));
    expect(() => ovhAccess(config, {})).toThrow("the environment lacks OVH_CLIENT_ID, OVH_CLIENT_SECRET");
    expect(() => ovhAccess(config, { OVH_CLIENT_ID: "i" })).toThrow("the environment lacks OVH_CLIENT_SECRET");
    const account = { OVH_CLIENT_ID: "i", OVH_CLIENT_SECRET: "s" };
    expect(ovhAccess(config, account)).toEqual({
      endpoint: "https://eu.api.ovh.com/1.0",
      clientId: "i",
      clientSecret: "s",
      serviceName: "s",
      kubeId: "k",
    });
    expect(() => ovhAccess(config, { ...account, OVH_APPLICATION_KEY: "a" })).toThrow("has both OVH_CLIENT_ID and OVH_APPLICATION_KEY");
    expect(() => ovhAccess(config, { OVH_APPLICATION_KEY: "a" })).toThrow("the environment lacks OVH_APPLICATION_SECRET, OVH_CONSUMER_KEY");
    const environment = { OVH_APPLICATION_KEY: "a", OVH_APPLICATION_SECRET: "b", OVH_CONSUMER_KEY: "c" };
    expect(ovhAccess(config, environment)).toMatchObject({
      endpoint: "https://eu.api.ovh.com/1.0",
      applicationKey: "a",
      serviceName: "s",
      kubeId: "k",
    });
    expect(ovhAccess(readConfig(undefined), environment)).toBeUndefined();
    expect(() => ovhAccess(readConfig(file("ovh: {endpoint: nowhere, serviceName: s, kubeId: k}\n")), environment)).toThrow(
      "ovh.endpoint (nowhere) must be one of ovh-eu",
    );
  });
});
