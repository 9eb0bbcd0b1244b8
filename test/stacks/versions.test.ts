import * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../../components/cluster";
import type { Settings } from "../../stacks/config";
import { checkVersion } from "../../stacks/versions";
import { type BreakingServer, startBreakingServer } from "../common/breaking-server";
import { callMocks } from "../components/mocks";
import { readStackFile, runStack, type StackRun } from "./run";

/** Answer of the API. */
let answer: { status: number; body: unknown };
let api: BreakingServer;
let endpoint: string;

beforeAll(async () => {
  api = await startBreakingServer(0, (_, response) => {
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(JSON.stringify(answer.body));
  });
  endpoint = `${api.url}/1.0`;
});

afterAll(() => api.close());

beforeEach(() => {
  api.asked.length = 0;
  answer = { status: 200, body: { models: { "cloud.kube.VersionEnum": { enum: ["1.33", "1.34", "1.35"] } } } };
});

const run = (version: string | undefined, preview: boolean): Promise<StackRun> => {
  const config = { ...readStackFile("local"), "ovh-mks-batch:cluster": JSON.stringify(version ? { version } : {}) };
  return runStack("local", config, callMocks, { preview, env: { OVH_ENDPOINT: endpoint } });
};

describe("the version of a cluster that is to be made", () => {
  it("must be one that OVHcloud offers; the preview says which there are", async () => {
    const error = await run("1.36", true).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error!.message.split("\n")).toEqual([
      "The cluster cannot be made; nothing was changed:",
      "  - cluster.version (1.36) must be one that OVHcloud offers: 1.33, 1.34, 1.35",
    ]);
    expect(api.asked).toEqual(["GET /1.0/cloud.json"]);
  });

  it("is by default one that OVHcloud has", async () => {
    const { warnings } = await run(undefined, true);
    expect(api.asked).toEqual(["GET /1.0/cloud.json"]);
    expect(warnings).not.toContainEqual(expect.stringContaining("Kubernetes"));
  });

  it("is asked for again where the connection breaks", async () => {
    api.breaks = 1;
    await expect(run("1.36", true)).rejects.toThrow("must be one that OVHcloud offers: 1.33, 1.34, 1.35");
    expect(api.asked).toEqual(["GET /1.0/cloud.json", "GET /1.0/cloud.json"]);
  });

  it("is left to OVHcloud where every connection breaks, with a warning that says why", async () => {
    api.breaks = 4;
    const { warnings } = await run("1.36", true);
    expect(api.asked).toHaveLength(4);
    expect(api.breaks).toBe(0);
    expect(warnings).toContainEqual(
      expect.stringMatching(/did not say at .* which versions of Kubernetes it offers: (other side closed|.*ECONNRESET)$/),
    );
  });

  it.each([
    ["an error", { status: 503, body: {} }, /did not say at http.*\/1\.0\/cloud\.json which versions of Kubernetes it offers: HTTP 503$/],
    [
      "another description",
      { status: 200, body: { models: {} } },
      /cloud\.json which versions of Kubernetes it offers: its description does not list them$/,
    ],
  ])("is left to OVHcloud where its API answers with %s, with a warning", async (_, given, warning) => {
    answer = given;
    const { warnings } = await run("1.36", true);
    expect(warnings).toContainEqual(expect.stringMatching(warning));
  });

  it("costs no call in an update, nor in a preview once the cluster is there", async () => {
    await run("1.36", false);
    jest.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
    const [settings, cluster] = [{ cluster: { version: "1.36" } } as Settings, { kube: { id: pulumi.output("the-id") } } as MksCluster];
    await checkVersion(settings, cluster, endpoint).finally(() => jest.restoreAllMocks());
    expect(api.asked).toEqual([]);
  });
});
