import * as z from "zod";
import { exitCodes, Failure } from "./failure";

const key = z.string("is not set").min(1, "is empty").max(1024, "is longer than 1024 characters, S3's limit");
const number = (min: number, max: number) => {
  const rule = `must be a number from ${min} to ${max}`;
  return z.coerce.number(rule).min(min, rule).max(max, rule);
};
const whole = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(rule).int(rule).min(min, rule).max(max, rule);
};
const text = z.string("is not set").min(1, "is empty");

const schema = z.object({
  INPUT: key.describe("object key of the video"),
  OUTPUT: key.describe("object key of the thumbnail; it is replaced if it exists"),
  WIDTH: whole(16, 1920).default(320).describe("pixels; the height follows the video's shape"),
  DURATION: number(0.1, 60).default(4).describe("length of the preview in seconds; a shorter video is shown whole"),
  QUALITY: whole(0, 63).default(40).describe("VP9's constant rate factor: 0 is the best and biggest"),
  FPS: whole(1, 60).default(10).describe("frames a second"),
  S3_BUCKET: text.describe("bucket of INPUT and OUTPUT"),
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_REGION: text.describe("in lower case, e.g. gra"),
  AWS_ENDPOINT_URL: z.url("must be a URL").optional().describe("URL of the S3 server; AWS's when not set"),
});

export type Settings = z.infer<typeof schema>;

/** Reads the settings from environment variables. @throws {Failure} (64) that names every fault at once, but no value: some are secret. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new Failure(exitCodes.usage, `The environment is not valid: ${faults.join("; ")}.`);
}
