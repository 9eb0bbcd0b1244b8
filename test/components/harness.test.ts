import * as random from "@pulumi/random";
import * as pulumi from "@pulumi/pulumi";
import { record } from "./harness";

const resources = { "random:index/randomId:RandomId": () => ({ hex: "ab" }) };

describe("the recording mocks", () => {
  it("throw at a call that was not declared", async () => {
    const run = record(() => pulumi.runtime.invoke("some:index:call", {}), { resources });
    await expect(run).rejects.toThrow("call not declared: some:index:call");
  });

  it("see a resource that is made only once another one is known", async () => {
    const { find } = await record(
      () => {
        const first = new random.RandomId("first", { byteLength: 1 });
        first.hex.apply((hex) => new random.RandomId(`second-${hex}`, { byteLength: 1 }));
      },
      { resources },
    );
    expect(find("random:index/randomId:RandomId", "second-ab").inputs).toEqual({ byteLength: 1 });
  });
});
