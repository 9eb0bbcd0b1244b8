import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../../components/cluster";
import type { Settings } from "../../stacks/config";
import { checkVersion } from "../../stacks/versions";
import { callMocks } from "../components/mocks";
import { readStackFile, runStack, type StackRun } from "./run";

/** Answers of the API, by path; what it was asked for is in `asked`. */
let answer: { status: number; body: unknown };
let asked: string[];
let api: Server;
let endpoint: string;

beforeAll(async () => {
  api = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(api.address() as AddressInfo).port}/1.0`;
});

afterAll(() => new Promise((resolve) => api.close(resolve)));

beforeEach(() => {
  asked = [];
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
    expect(asked).toEqual(["GET /1.0/cloud.json"]);
  });

  it("is by default one that OVHcloud has", async () => {
    const { warnings } = await run(undefined, true);
    expect(asked).toEqual(["GET /1.0/cloud.json"]);
    expect(warnings).not.toContainEqual(expect.stringContaining("Kubernetes"));
  });

  it.each([
    ["an error", { status: 503, body: {} }, /did not say which versions of Kubernetes it offers: HTTP 503 from http.*\/1\.0\/cloud\.json$/],
    ["another description", { status: 200, body: { models: {} } }, /cloud\.json does not list them$/],
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
    expect(asked).toEqual([]);
  });
});
