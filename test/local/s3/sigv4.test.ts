import { signedHeaders } from "../../../local/s3/sigv4";

const credentials = { access: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const now = new Date("2013-05-24T00:00:00.000Z");
const sign = (method: string, url: string, region = "us-east-1"): string =>
  signedHeaders(credentials, { method, url: new URL(url), body: "", region }, now).authorization ?? "";

it.each([
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  ["https://examplebucket.s3.amazonaws.com/?lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
  ["https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
])("signs %s as in the documentation of AWS", (url, signature) => {
  expect(sign("GET", url)).toBe(
    `AWS4-HMAC-SHA256 Credential=${credentials.access}/20130524/us-east-1/s3/aws4_request,` +
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
  );
});

it("signs other regions and methods otherwise", () => {
  const url = "https://examplebucket.s3.amazonaws.com/?lifecycle=";
  expect(new Set([sign("GET", url), sign("PATCH", url), sign("GET", url, "gra")]).size).toBe(3);
});
