import { createHash, createHmac } from "node:crypto";

export interface Credentials {
  readonly access: string;
  readonly secret: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/**
 * Headers of a request to an S3 server, signed with AWS Signature Version 4. For the server's admin calls, which the AWS SDK
 * does not have. The URL's path must need no escaping.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(
  { access, secret }: Credentials,
  request: { method: string; url: URL; body: string; region: string },
  now: Date,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${request.region}/s3/aws4_request`;
  const headers = { host: request.url.host, "x-amz-content-sha256": sha256(request.body), "x-amz-date": time };
  const names = Object.keys(headers).join(";");
  const query = [...request.url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
  const canonical = [
    request.method,
    request.url.pathname,
    query,
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    "",
    names,
    headers["x-amz-content-sha256"],
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  const signature = hmac(key, text).toString("hex");
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${access}/${scope},SignedHeaders=${names},Signature=${signature}` };
}
