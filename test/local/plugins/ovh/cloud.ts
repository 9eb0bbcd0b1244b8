import type { AddressInfo } from "node:net";
import type { Provider, Resource } from "../../../../local/plugins/protocol/provider";
import { ovhProvider } from "../../../../local/plugins/ovh/provider";
import { Harness, identity, removeTemporaryFolders, serviceName } from "../../api/harness";
import { removeTemporaryFolders as removeOwn, temporaryFolder } from "../helpers";

const kubeconfig = JSON.stringify({
  clusters: [{ name: "c", cluster: { server: "https://api.test", "certificate-authority-data": "Y2E=" } }],
  users: [{ name: "u", user: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5" } }],
});

/** The provider against the emulator, over HTTP. */
export class TestCloud {
  readonly harness = new Harness();
  readonly provider: Provider = ovhProvider("1.0.0");

  async start(): Promise<void> {
    process.env.PULUMI_HOME = temporaryFolder();
    this.harness.cluster.kubeconfig = () => Promise.resolve(kubeconfig);
    await this.harness.server.listen({ port: 0, host: "127.0.0.1" });
    const { port } = this.harness.server.server.address() as AddressInfo;
    await this.provider.configure({ endpoint: `http://127.0.0.1:${port}/1.0`, ...identity });
  }

  resource(name: string): Resource {
    return this.provider.resource(`ovh:CloudProject/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`);
  }

  /** What was asked of the API other than reads: "METHOD path", without the project. */
  changes(): string[] {
    const lines = this.harness.requests.map((line) => /(POST|PUT|DELETE) (\S+)/.exec(line)).filter((match) => match !== null);
    return lines.map(
      ([, method, path]) => `${method} ${path?.replace(`/1.0/cloud/project/${serviceName}`, "").replace(/[0-9a-f-]{36}/g, "ID")}`,
    );
  }

  /** Also removes the files of the test. */
  async close(): Promise<void> {
    await this.harness.close();
    removeTemporaryFolders();
    removeOwn();
  }
}
