import { X509Certificate } from "node:crypto";
import { exec } from "../../../local/lib/exec";
import { paths } from "../../../local/lib/paths";
import { deploy, env, eventually, minutes } from "./cloud";
import { apiServiceOf, keepCalling, secretOf, servedBy, servers, trustedFor } from "./serving";

/** How each server's certificate is verified, and that a new one takes its place unnoticed. */

export function certificates(): void {
  describe("the aggregated APIs", () => {
    it.each(servers)("$apiService is called with a certificate of its own authority", async (server) => {
      const isAvailable = async () =>
        (await apiServiceOf(server)).status.conditions.some(({ type, status }) => type === "Available" && status === "True");
      await eventually("it is available", isAvailable);
      const { spec } = await apiServiceOf(server);
      expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
      const [served, [authority]] = [await servedBy(server), await trustedFor(server)];
      expect(served.fingerprint256).toBe((await secretOf(server)).fingerprint256);
      expect(isOf(served, authority)).toBe(true);
      expect(served.subjectAltName).toBe(`DNS:${spec.service.name}.metrics.svc`);
    });
  });
}

const isOf = (certificate: X509Certificate, authority: string | undefined): boolean =>
  authority !== undefined && certificate.verify(new X509Certificate(authority).publicKey);

interface State {
  readonly deployment: {
    readonly resources: readonly { readonly urn: string; readonly type: string; readonly outputs?: Record<string, unknown> }[];
  };
}
const pulumi = (args: readonly string[], input?: string): Promise<string> =>
  exec("pulumi", [...args, "--non-interactive"], { cwd: paths.root, env: env(), input });

/** Sets the end of both certificates to a month from now in the stack's state, and leaves the certificates as they are. */
async function makeDue(): Promise<string[]> {
  const state = JSON.parse(await pulumi(["stack", "export"])) as State;
  const due = state.deployment.resources.filter(({ type }) => type.endsWith(":ServingCertificate"));
  for (const { outputs } of due) outputs!.expiresAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
  await pulumi(["stack", "import"], JSON.stringify(state));
  const secrets = state.deployment.resources.filter(({ urn }) => urn.endsWith("-tls"));
  return [...due, ...secrets].map(({ urn }) => urn);
}

export function renewal(): void {
  describe("certificates that are due", () => {
    let stop: ReturnType<typeof keepCalling>;
    let before: { served: X509Certificate; trusted: string[] }[];
    const look = () => Promise.all(servers.map(async (server) => ({ served: await servedBy(server), trusted: await trustedFor(server) })));

    beforeAll(async () => {
      before = await look();
      stop = keepCalling();
    });

    it("are renewed by an `up` that ends before the API server is told of it, and servers that go on running serve with the new ones", async () => {
      const resources = await makeDue();
      expect(resources).toHaveLength(4);
      await pulumi(["up", "--yes", "--skip-preview", ...resources.flatMap((urn) => ["--target", urn])]);
      for (const [i, server] of servers.entries()) {
        const wanted = (await secretOf(server)).fingerprint256;
        expect(wanted).not.toBe(before[i]!.served.fingerprint256);
        await eventually(`${server.name} serves with it`, async () => (await servedBy(server)).fingerprint256 === wanted, minutes(5));
        // The API server has nothing new, and accepts it: servedBy throws otherwise.
        expect(await trustedFor(server)).toEqual(before[i]!.trusted);
      }
    });

    it("are trusted beside the ones before and the ones to come, once an `up` has come to its end", async () => {
      await deploy({ enabled: true, metricsServer: "install" });
      for (const [i, { served, trusted }] of (await look()).entries()) {
        expect(trusted).toHaveLength(3);
        expect(isOf(served, trusted[0])).toBe(true);
        expect(isOf(before[i]!.served, trusted[2])).toBe(true);
      }
      // Nor do keys of the certificates to come show in the state.
      expect(await pulumi(["stack", "export"])).not.toContain("PRIVATE KEY");
    });

    it("are never a reason for a call to fail", async () => {
      const { calls, failures } = await stop();
      expect(failures).toEqual([]);
      expect(calls).toBeGreaterThan(20);
    });
  });
}
