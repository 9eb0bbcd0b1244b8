import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { writeAtomically } from "../../lib/files";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;
const authorityDays = 3650;
const certificateDays = 365;

/** A certificate with less than this left is made anew when the cluster starts, in days. */
const renewalDays = 30;

/** Who a certificate is for. Kubernetes takes the common name as the user and the organizations as its groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Names and addresses that a server answers to; a certificate without them is for a client. */
  readonly server?: { readonly dns: readonly string[]; readonly ip: readonly string[] };
}

/** PEM files of a certificate and its key. */
export interface PemFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority whose files, keys included, are in one folder that only root reads. */
export class Authority {
  private constructor(
    private readonly folder: string,
    /** PEM file of the authority's certificate. */
    readonly cert: string,
    /** PEM file of its key. */
    readonly key: string,
    private readonly own: x509.X509Certificate,
    private readonly signingKey: webcrypto.CryptoKey,
  ) {}

  /** Finds the authority `name` in a folder, or makes it. */
  static async open(folder: string, name: string): Promise<Authority> {
    x509.cryptoProvider.set(webcrypto);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = pemFiles(folder, name);
    if (!remains(files)) {
      const keys = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        serialNumber: serial(),
        name: [{ CN: [name] }],
        ...validity(authorityDays),
        keys,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
            true,
          ),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      await write(files, certificate, keys.privateKey);
    }
    const key = await webcrypto.subtle.importKey(
      "pkcs8",
      x509.PemConverter.decodeFirst(readFileSync(files.key, "utf8")),
      algorithm,
      false,
      ["sign"],
    );
    return new Authority(folder, files.cert, files.key, new x509.X509Certificate(readFileSync(files.cert, "utf8")), key);
  }

  /** Finds the certificate `name` of this authority, or issues it; one that expires soon or has another authority is replaced. @param folder where its files are */
  async issue(name: string, subject: Subject, folder = this.folder): Promise<PemFiles> {
    const files = pemFiles(folder, name);
    if (remains(files) && (await new x509.X509Certificate(readFileSync(files.cert, "utf8")).verify({ publicKey: this.own }))) return files;
    const keys = await generateKeys();
    const usage = subject.server ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    const names = [
      ...(subject.server?.dns ?? []).map((value) => ({ type: "dns" as const, value })),
      ...(subject.server?.ip ?? []).map((value) => ({ type: "ip" as const, value })),
    ];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [...(subject.organizations ?? []).map((o) => ({ O: [o] })), { CN: [subject.commonName] }],
      issuer: this.own.subject,
      ...validity(certificateDays),
      signingKey: this.signingKey,
      publicKey: keys.publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(this.own.publicKey),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    await write(files, certificate, keys.privateKey);
    return files;
  }
}

/** Finds or makes the key pair that signs service account tokens. */
export async function serviceAccountKeys(folder: string): Promise<{ publicKey: string; privateKey: string }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = { publicKey: join(folder, "service-account.pub"), privateKey: join(folder, "service-account.key") };
  // The private key is written last, so that where it is, both are.
  if (!existsSync(files.privateKey)) {
    const keys = await generateKeys();
    const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
    writeAtomically(files.publicKey, x509.PemConverter.encode(spki, "PUBLIC KEY") + "\n");
    writeAtomically(files.privateKey, await privatePem(keys.privateKey));
  }
  return files;
}

export function pemFiles(folder: string, name: string): PemFiles {
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

/** Whether both files are there and the certificate is good for some time yet. */
function remains(files: PemFiles): boolean {
  if (!existsSync(files.cert) || !existsSync(files.key)) return false;
  return new x509.X509Certificate(readFileSync(files.cert, "utf8")).notAfter.getTime() > Date.now() + renewalDays * day;
}

/** In an order that never leaves a certificate beside another one's key. */
async function write(files: PemFiles, certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<void> {
  const pem = await privatePem(key);
  rmSync(files.cert, { force: true });
  writeAtomically(files.key, pem);
  writeAtomically(files.cert, certificate.toString("pem") + "\n");
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** Five minutes back, for clocks that differ a little. */
function validity(days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - 300_000), notAfter: new Date(Date.now() + days * day) };
}

function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString("hex");
}
