import { listJobs, loadJob, saveJob } from "../../../batch";
import { foreignNamespace, foreignRights, grantPattern } from "../../../batch/spec/trust";
import { createWorld } from "../fakes/world";

const at = (name: string) => `batch/.jobs/${name}.json`;

describe("an entry that is none", () => {
  const good = {
    parameters: { name: "a", namespace: "batch", resultsPrefix: "batch/a/" },
    submittedAt: "2026-01-01T00:00:00.000Z",
    submittedBy: "pulumi",
  };
  const changed = (parameters: object) => JSON.stringify({ ...good, parameters: { ...good.parameters, ...parameters } });

  test.each([
    ["no JSON", "{", "not JSON"],
    ["null", "null", "expected object"],
    ["without parameters", '{"submittedAt":"2026-01-01T00:00:00Z","submittedBy":"pulumi"}', "parameters:"],
    ["a namespace that leads elsewhere in the API", changed({ namespace: "../../nodes" }), "parameters.namespace: must be lower-case"],
    ["a prefix that is none", changed({ resultsPrefix: "" }), "parameters.resultsPrefix:"],
    ["of another Job", changed({ name: "b" }), "its name is 'b'"],
    ["a schedule that is none", changed({ schedule: { cron: "soon" } }), "parameters.schedule.cron:"],
    ["a time that is none", JSON.stringify({ ...good, submittedAt: "\u001b[2J" }), "submittedAt: Invalid ISO datetime"],
    ["an unknown program", JSON.stringify({ ...good, submittedBy: "me" }), "submittedBy:"],
  ])("counts as absent, and is told: %s", async (_what, text, why) => {
    const { store, said: told } = createWorld();
    store.objects.set(at("a"), text);
    expect(await loadJob(store, "a")).toBeUndefined();
    expect(told).toEqual([
      expect.stringContaining("batch/.jobs/a.json in the bucket is not what this program writes there, and counts as absent: "),
    ]);
    expect(told[0]).toContain(why);
  });

  test("hides no other", async () => {
    const { store, parameters, said: told } = createWorld();
    await saveJob(store, parameters({ name: "b" }), "pulumi");
    store.objects.set(at("a"), "[]");
    const entries = await listJobs(store);
    expect(entries.map((entry) => entry.parameters.name)).toEqual(["b"]);
    expect(told).toHaveLength(1);
  });

  test("is none that lies in a folder of the registry", async () => {
    const { store, parameters, said: told } = createWorld();
    await saveJob(store, parameters({ name: "b" }), "pulumi");
    store.objects.set("batch/.jobs/notices/b.json", "[]");
    expect((await listJobs(store)).map((entry) => entry.parameters.name)).toEqual(["b"]);
    expect(told).toEqual([]);
  });

  test("is written anew by the next run", async () => {
    const { store, go, said } = createWorld();
    store.objects.set(at("thumbnails"), "[]");
    expect(await go()).toMatchObject({ status: "complete" });
    expect(said.join("\n")).toContain("counts as absent");
    expect(await loadJob(store, "thumbnails")).toMatchObject({ parameters: { name: "thumbnails" } });
  });
});

describe("what an entry may not decide", () => {
  const { parameters } = createWorld();

  test("is the namespace", () => {
    expect(foreignNamespace(parameters(), "batch")).toBeUndefined();
    expect(foreignNamespace(parameters({ namespace: "kube-system" }), "batch")).toBe(
      "thumbnails: its entry in the bucket names the namespace 'kube-system', and the connection has 'batch'; if the Job is there, give --namespace kube-system",
    );
  });

  test("is the service account and what Secrets its tasks get, but for those that the stack makes", () => {
    expect(foreignRights(parameters({ envFrom: ["s3-credentials"], imagePullSecrets: ["registry-credentials"] }), [])).toEqual([]);
    const wanting = parameters({
      serviceAccount: "admin",
      envFrom: ["s3-credentials", "tokens", "registry-credentials"],
      secretEnv: { KEY: { secret: "keys", key: "a" }, TOKEN: { secret: "tokens", key: "b" } },
      imagePullSecrets: ["robot", "s3-credentials"],
    });
    const rights = [
      "serviceaccount/admin",
      "secret/tokens",
      "secret/registry-credentials",
      "secret/keys",
      "secret/robot",
      "secret/s3-credentials",
    ];
    const faults = foreignRights(wanting, []);
    expect(faults).toHaveLength(rights.length);
    expect(faults[0]).toBe(
      "thumbnails: its entry in the bucket names the service account 'admin'; if its tasks shall have it, give --allow serviceaccount/admin",
    );
    expect(faults[1]).toBe(
      "thumbnails: its entry in the bucket names the Secret 'tokens', which is not one of the stack's; if its tasks shall have it, give --allow secret/tokens",
    );
    expect(foreignRights(wanting, rights)).toEqual([]);
    expect(foreignRights(wanting, rights.slice(1))).toEqual([faults[0]]);
  });

  test("what is allowed is written as a kind and a name", () => {
    for (const right of ["secret/a", "serviceaccount/robot.1"]) expect(right).toMatch(grantPattern);
    for (const right of ["a", "secret/", "secret/A", "configmap/a", "secret/a/b"]) expect(right).not.toMatch(grantPattern);
  });

  test("nor is it where the Jobs are that another one comes after", async () => {
    const { go, store } = createWorld();
    await go({ name: "first" });
    const key = at("first");
    store.objects.set(key, store.objects.get(key)!.replace('"namespace":"batch"', '"namespace":"kube-system"'));
    await expect(go({ after: ["first"] })).rejects.toThrow("after: first: its entry in the bucket names the namespace 'kube-system'");
  });
});
