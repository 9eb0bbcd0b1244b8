/**
 * Which image a tag names now, by its registry.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
import { isIP } from "node:net";
import { connectionBroke, reasonOf } from "../../common/connection";
import { doubling, retry } from "../../common/retry";
import { type Cluster, type Secret } from "../../kubernetes/cluster";

/** For all requests together, in milliseconds. */
const patience = 3_000;

/** What containerd asks for: a list for several platforms, or one image. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join();

export interface ImageReference {
  /** e.g. `docker.io` or `10.0.0.1:5000` */
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

/** Answers undefined for an image that is named by its digest. */
export function parseImage(image: string): ImageReference | undefined {
  if (image.includes("@")) return undefined;
  const [, name = "", tag = "latest"] = /^(.*?)(?::([^/:]+))?$/.exec(image) ?? [];
  const [first = "", ...rest] = name.split("/");
  // As Docker reads it: without a dot or a port, the first part is a user of Docker Hub.
  if (rest.length > 0 && (/[.:]/.test(first) || first === "localhost")) return { host: first, repository: rest.join("/"), tag };
  return { host: "docker.io", repository: rest.length > 0 ? name : `library/${name}`, tag };
}

/** The first pull secret's account for a registry, as the value of a Basic header. A secret that cannot be read has none, and no fault may show its text. */
async function accountFor(cluster: Cluster, namespace: string, secrets: readonly string[], host: string): Promise<string | undefined> {
  const names = host === "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [host];
  for (const name of secrets) {
    const auths: Readonly<Record<string, Account>> = await cluster
      .get("secrets", namespace, name)
      .then(accountsOf)
      .catch(() => ({}));
    const found = Object.entries(auths).find(([key]) => names.includes(key.replace(/^https?:\/\//, "").replace(/\/.*$/, "")));
    const { auth, username, password } = found?.[1] ?? {};
    // As the kubelet reads it: with line breaks, too. As a header's value it would be refused, with all of its text in the fault.
    if (auth) return `Basic ${Buffer.from(auth, "base64").toString("base64")}`;
    if (username !== undefined) return `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}`;
  }
  return undefined;
}

function accountsOf(secret: Secret | undefined): Readonly<Record<string, Account>> {
  const text = secret?.data?.[".dockerconfigjson"];
  if (text === undefined) return {};
  return (JSON.parse(Buffer.from(text, "base64").toString()) as { auths?: Record<string, Account> }).auths ?? {};
}

interface Account {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
}

/** Whether a host is on this machine or a private network, where registries may speak plain HTTP. */
function isPrivate(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || (isIP(name) === 4 && /^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(name));
}

/** Whether a request failed because nobody speaks TLS there. A certificate that is not trusted is no such fault: its owner never meant plain HTTP. */
const lacksTls = (error: unknown): boolean =>
  /^(?:EPROTO|ERR_SSL_|ECONNREFUSED)/.test((error as { cause?: { code?: string } }).cause?.code ?? "");

/** A GET or a HEAD, sent again where its connection breaks. */
const request = (url: string | URL, options: RequestInit & { readonly signal: AbortSignal }): Promise<Response> =>
  retry(() => fetch(url, options), { tries: 3, pauses: doubling(100), again: connectionBroke, signal: options.signal });

/**
 * The digest of what a tag names now, e.g. `sha256:…`.
 * @throws when the registry does not tell it
 */
export async function readDigest(
  { host, repository, tag }: ImageReference,
  account: string | undefined,
  signal = AbortSignal.timeout(patience),
): Promise<string> {
  const path = `${host === "docker.io" ? "registry-1.docker.io" : host}/v2/${repository}/manifests/${tag}`;
  const head = (scheme: string, authorization?: string) =>
    request(`${scheme}://${path}`, { method: "HEAD", headers: { accept, ...(authorization && { authorization }) }, signal });
  const plain = () => head("http").then((answer) => ({ scheme: "http", answer }));
  const first = await head("https")
    .then((answer) => ({ scheme: "https", answer }))
    .catch((error: unknown) => (isPrivate(host) && lacksTls(error) ? plain() : Promise.reject(error as Error)));
  const { scheme } = first;
  let { answer } = first;
  if (answer.status === 401) {
    const authorization = await authorize(answer.headers.get("www-authenticate") ?? "", account, { scheme, signal });
    if (authorization !== undefined) answer = await head(scheme, authorization);
  }
  const digest = answer.headers.get("docker-content-digest");
  if (answer.ok && digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new Error(answer.ok ? "it tells no digest" : `HTTP ${answer.status}`);
}

/** What to send after a 401, by its challenge; undefined when there is nothing to send. */
async function authorize(
  challenge: string,
  account: string | undefined,
  { scheme, signal }: { readonly scheme: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (!/^bearer /i.test(challenge)) return account;
  const values = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
  const realm = values.get("realm") ?? "";
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  // An account never goes in the clear because of what an answer says, but to a private registry that itself speaks plain HTTP.
  if (url.protocol !== "https:" && (scheme === "https" || !isPrivate(url.host))) return undefined;
  for (const name of ["service", "scope"]) {
    const value = values.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const answer = await request(url, { headers: account === undefined ? {} : { authorization: account }, signal });
  if (!answer.ok) throw new Error(`HTTP ${answer.status} of ${url.host}`);
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  const given = token ?? other ?? "";
  // The fault of a header that cannot be sent would tell it.
  if (!/^[\x21-\x7e]+$/.test(given)) throw new Error(`${url.host} gives no token`);
  return `Bearer ${given}`;
}

interface Job {
  readonly namespace: string;
  readonly image: string;
  readonly imagePullSecrets: readonly string[];
}

/**
 * Whether a tag still names the image that tasks have run. Never fails; the registry has some seconds at the most.
 * @param ran see `Attempt.image`
 * @returns what to tell the user; undefined: nothing
 */
export async function describeMoved(
  cluster: Cluster,
  { namespace, image, imagePullSecrets }: Job,
  ran: string | undefined,
): Promise<string | undefined> {
  const reference = parseImage(image);
  if (!reference || !ran?.startsWith(`${image}@`)) return undefined;
  const before = ran.slice(image.length + 1);
  try {
    const account = await accountFor(cluster, namespace, imagePullSecrets, reference.host);
    const now = await readDigest(reference, account);
    if (now === before) return undefined;
    const [name] = image.split(/:(?=[^/]*$)/);
    return (
      `${image} names another image now (${short(now)}) than the one that tasks have run (${short(before)}): what is done does not run again, and nodes ` +
      `that have the old image keep using it; to run all of it with the new one, give it a tag of its own, or its digest: ${name}@${now}`
    );
  } catch (error) {
    return `whether ${image} is still the image that tasks have run is not known: its registry cannot be asked from here (${reasonOf(error)})`;
  }
}

/** e.g. `sha256:0123456789ab` */
const short = (digest: string): string => digest.slice(0, "sha256:".length + 12);
