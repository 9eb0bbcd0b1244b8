import "reflect-metadata";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { createCertificateProvider, type Outputs, renewalDays } from "../../../components/metrics/certificate/certificate-provider";
import { validDays } from "../../../components/metrics/certificate/issue";

const day = 86_400_000;
const dnsNames = ["server.metrics.svc"];
const certificatesOf = (bundle: string): string[] => bundle.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? [];

/** A TLS handshake between a server with what was issued and a client that trusts `ca`; answers whom the client has met. */
async function handshake({ certificate, privateKey }: Outputs, ca: string, servername = dnsNames[0]!): Promise<string> {
  const server = createServer({ cert: certificate, key: privateKey }, (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const socket: TLSSocket = connect({ port, host: "127.0.0.1", servername, ca: certificatesOf(ca) }, () => {
        resolve(socket.getPeerCertificate().subjectaltname ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
    });
  } finally {
    server.close();
  }
}

describe("the provider of ServingCertificate", () => {
  const start = Date.now();
  let now = start;
  beforeEach(() => void (now = start));
  const provider = createCertificateProvider(() => now);
  const create = async (names = dnsNames): Promise<Outputs> => (await provider.create({ dnsNames: names })).outs!;
  const update = async (olds: Outputs, names = dnsNames): Promise<Outputs> =>
    (await provider.update!("id", olds, { dnsNames: names })).outs!;
  const changes = async (olds: Outputs, names = dnsNames) => (await provider.diff!("id", olds, { dnsNames: names })).changes;

  it("issues what a client that knows only the authority accepts", async () => {
    const made = await create();
    expect(await handshake(made, made.caBundle)).toBe("DNS:server.metrics.svc");
    expect(new X509Certificate(made.certificate).checkPrivateKey(createPrivateKey(made.privateKey))).toBe(true);
  });

  it("issues nothing that another name or another authority would do for", async () => {
    const [made, other] = [await create(), await create()];
    await expect(handshake(made, made.caBundle, "other.metrics.svc")).rejects.toThrow(/altnames/);
    await expect(handshake(made, other.caBundle)).rejects.toThrow(/verify|signature|issuer/i);
  });

  it("keeps no key of the authority", async () => {
    const made = await create();
    expect(JSON.stringify(made).match(/PRIVATE KEY-----/g)).toHaveLength(2);
    const [authority] = certificatesOf(made.caBundle);
    expect(new X509Certificate(authority!).checkPrivateKey(createPrivateKey(made.privateKey))).toBe(false);
    expect(new X509Certificate(made.certificate).ca).toBe(false);
  });

  it("changes nothing before the certificate is due, and then issues the next", async () => {
    const made = await create();
    now = start + (validDays - renewalDays - 1) * day;
    expect(await changes(made)).toBe(false);
    now = start + (validDays - renewalDays + 1) * day;
    expect(await changes(made)).toBe(true);
    expect(await changes(await update(made))).toBe(false);
  });

  it("issues a new one for other names", async () => {
    const made = await create();
    expect(await changes(made, ["other.metrics.svc"])).toBe(true);
    const next = await update(made, ["other.metrics.svc"]);
    expect(await handshake(next, next.caBundle, "other.metrics.svc")).toBe("DNS:other.metrics.svc");
  });

  it("lets clients and server change at different moments", async () => {
    const made = await create();
    now = start + (validDays - 1) * day;
    const next = await update(made);
    const [authority] = certificatesOf(next.caBundle);
    // The server still has the old one, which ends after the clock of this test.
    expect(await handshake(made, next.caBundle)).toBe("DNS:server.metrics.svc");
    expect(certificatesOf(next.caBundle)).toHaveLength(2);
    expect(new X509Certificate(next.certificate).verify(new X509Certificate(authority!).publicKey)).toBe(true);
  });

  it("trusts two authorities at most, and none whose time has passed", async () => {
    let outs = await create();
    for (let i = 0; i < 3; i++) {
      now += (validDays - 10) * day;
      outs = await update(outs);
    }
    expect(certificatesOf(outs.caBundle)).toHaveLength(2);
    now += (validDays + 1) * day;
    expect(certificatesOf((await update(outs)).caBundle)).toHaveLength(1);
  });

  it("wants a name", async () => {
    const { failures } = await provider.check!({ dnsNames: [] }, { dnsNames: [] });
    expect(failures).toEqual([{ property: "dnsNames", reason: "must name at least one server" }]);
  });
});
