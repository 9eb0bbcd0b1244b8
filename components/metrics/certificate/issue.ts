import { webcrypto } from "node:crypto";
import type { X509Certificate } from "@peculiar/x509";

/** What is issued, all PEM. */
export interface Issued {
  readonly certificate: string;
  readonly privateKey: string;
  /** The certificate of the authority. */
  readonly authority: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;

/** Days that a certificate and its authority are good for; those that wait for their turn are so for twice as long. */
export const validDays = 365;

/** It takes a tenth of a second to load, which an `up` that issues nothing is spared. */
async function load() {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/** What a certificate is for: the names of a server, and whether clients sign in with it. */
export interface Purpose {
  readonly dnsNames: readonly string[];
  readonly forClients?: boolean;
}

/** Makes an authority and a certificate of it, both good for `days`. The authority's key is gone when this returns. */
export async function issue({ dnsNames, forClients = false }: Purpose, now: number, days: number): Promise<Issued> {
  const x509 = await load();
  const generate = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const [authorityKeys, keys] = await Promise.all([generate(), generate()]);
  // Five minutes back, for clocks that differ a little.
  const validity = { notBefore: new Date(now - 300_000), notAfter: new Date(now + days * day) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    // Distinct names keep two authorities in one bundle apart.
    name: [{ CN: [`${dnsNames[0]} ${validity.notAfter.toISOString()}`] }],
    ...validity,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [dnsNames[0]!] }],
    issuer: authority.subject,
    ...validity,
    signingKey: authorityKeys.privateKey,
    publicKey: keys.publicKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, ...(forClients ? [x509.ExtendedKeyUsage.clientAuth] : [])]),
      new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: "dns" as const, value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: pem(certificate),
    privateKey: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
    authority: pem(authority),
    expiresAt: validity.notAfter.toISOString(),
  };
}

const pem = (certificate: X509Certificate): string => `${certificate.toString("pem")}\n`;
