import type { AddressInfo } from "node:net";
import { call, CallError } from "../../../local/daemon/client";
import { Harness, identity, project, removeTemporaryFolders } from "../api/harness";
import { containing } from "../api/matchers";

let harness: Harness;
let endpoint: string;
beforeEach(async () => {
  harness = new Harness();
  jest.spyOn(Date, "now").mockReturnValue(harness.clock.now().getTime());
  await harness.server.listen({ port: 0, host: "127.0.0.1" });
  endpoint = `http://127.0.0.1:${(harness.server.server.address() as AddressInfo).port}/1.0`;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await harness.close();
  removeTemporaryFolders();
});

it("signs what it sends and parses what it gets", async () => {
  const cluster = await call(identity, "POST", `${endpoint}${project}/kube`, { region: "GRA11", name: "été" });
  expect(cluster).toMatchObject({ name: "été", status: "INSTALLING" });
  expect(await call(identity, "GET", `${endpoint}${project}/kube?x=a%2Fb`)).toHaveLength(1);
});

it("reports an answer other than 2xx with its status and text", async () => {
  const failed = call({ ...identity, applicationSecret: "wrong" }, "GET", `${endpoint}${project}/kube`);
  await expect(failed).rejects.toThrow(CallError);
  await expect(failed).rejects.toMatchObject({ status: 400, message: containing("Invalid signature") });
});

it("gives up on an answer that does not come", async () => {
  harness.faults.add([{ action: "timeout" }]);
  await expect(call(identity, "GET", `${endpoint}${project}/kube`, undefined, 100)).rejects.toThrow(/timeout|aborted/i);
});
