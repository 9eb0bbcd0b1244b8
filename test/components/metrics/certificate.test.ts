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

  /** As a client would at the time of this test, which a handshake does not know. */
  const trusts = (bundle: string, { certificate }: Outputs): boolean => {
    const served = new X509Certificate(certificate);
    const authorities = certificatesOf(bundle).map((pem) => new X509Certificate(pem));
    const lasts = ({ validFrom, validTo }: X509Certificate): boolean => Date.parse(validFrom) <= now && now < Date.parse(validTo);
    return lasts(served) && authorities.some((authority) => lasts(authority) && served.verify(authority.publicKey));
  };

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

  it("is for servers alone unless clients are to sign in with it too, and issues another one when that changes", async () => {
    const usesOf = ({ certificate }: Outputs) => new X509Certificate(certificate).keyUsage;
    const [server, client] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
    expect(usesOf(await create())).toEqual([server]);
    const both = (await provider.create({ dnsNames, forClients: true })).outs!;
    expect(usesOf(both)).toEqual([server, client]);
    expect((await provider.diff!("id", both, { dnsNames, forClients: true })).changes).toBe(false);
    expect(await changes(both)).toBe(true);
  });

  it("keeps no key of the authority", async () => {
    const made = await create();
    const { next } = made;
    const keys = [made.privateKey, next.privateKey];
    expect(JSON.stringify(made).match(/BEGIN PRIVATE KEY-----/g)).toHaveLength(keys.length);
    for (const authority of certificatesOf(made.caBundle)) {
      for (const key of keys) expect(new X509Certificate(authority).checkPrivateKey(createPrivateKey(key))).toBe(false);
    }
    for (const { certificate } of [made, next]) expect(new X509Certificate(certificate).ca).toBe(false);
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

  it("lets clients and server change at any moment, in any order", async () => {
    let made = await create();
    // As late as can be, and then as early.
    for (const days of [validDays - 1, validDays - renewalDays + 1, validDays]) {
      now += days * day;
      const next = await update(made);
      expect(next.certificate).not.toBe(made.certificate);
      expect({
        serverFirst: trusts(made.caBundle, next),
        clientFirst: trusts(next.caBundle, made),
        both: trusts(next.caBundle, next),
      }).toEqual({
        serverFirst: true,
        clientFirst: true,
        both: true,
      });
      expect(await changes(next)).toBe(false);
      made = next;
    }
  });

  it("trusts the authorities of the certificate in use, of the next one and of the one before", async () => {
    const made = await create();
    expect(certificatesOf(made.caBundle)).toHaveLength(2);
    now += (validDays - 10) * day;
    const next = await update(made);
    const [current, following, before, ...rest] = certificatesOf(next.caBundle);
    expect(rest).toEqual([]);
    expect([before, current]).toEqual(certificatesOf(made.caBundle));
    expect(new X509Certificate(next.next.certificate).verify(new X509Certificate(following!).publicKey)).toBe(true);
  });

  it("starts anew when nobody came for so long that the next one ends, too; no authority whose time has passed is trusted", async () => {
    const made = await create();
    now += (2 * validDays - renewalDays + 1) * day;
    const anew = await update(made);
    expect(anew.certificate).not.toBe(made.next.certificate);
    expect(certificatesOf(anew.caBundle)).toHaveLength(2);
    expect(trusts(anew.caBundle, anew)).toBe(true);
  });

  it("wants a name", async () => {
    const { failures } = await provider.check!({ dnsNames: [] }, { dnsNames: [] });
    expect(failures).toEqual([{ property: "dnsNames", reason: "must name at least one server" }]);
  });
});
