/**
 * Options of an S3 client that any S3 server understands: not all know the checksums that the SDK adds by default, and host names per bucket need a
 * wildcard certificate and DNS.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
 */
export const portable = {
  forcePathStyle: true,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
} as const;
