/** Settings of notifications: those of the stack and of the batch controller's own file alike. */
import * as z from "zod";

/** How a Job can end. */
export const ends = ["complete", "failed", "unfinished"] as const;

export type End = (typeof ends)[number];

const anyEnd = `${ends.slice(0, -1).join(", ")} or ${ends.at(-1)}`;

/** In `notify` it stands for no target at all. */
export const noTarget = "none";

/** Bytes of a signing key, as Standard Webhooks wants it. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const keyBytes = { least: 24, most: 64 };

/** Headers that are the sender's own. */
const ownHeaders = [
  "connection",
  "content-length",
  "content-type",
  "host",
  "idempotency-key",
  "transfer-encoding",
  "webhook-id",
  "webhook-signature",
  "webhook-timestamp",
];

const text = z.string("must be a text").min(1, "must not be empty");

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether a URL has a user or a password in it, which fetch() refuses. */
function hasAccount(url: string): boolean {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: "", password: "" };
  return username !== "" || password !== "";
}

const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((url) => !hasAccount(url), "must not hold a user and a password; set the header Authorization");

const headers = z.record(z.string(), z.string("must be a text")).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    const complain = (message: string) => context.addIssue({ code: "custom", path: [name], message });
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) complain("must have the name of an HTTP header");
    else if (ownHeaders.includes(name.toLowerCase())) complain("is set by the notification itself; leave it out");
    if (!/^[\t\x20-\x7e]*$/.test(value)) complain("must be ASCII characters on one line");
  }
});

const signingKey = z
  .string("must be a text")
  .refine(
    (secret) => secretBytes(secret) !== undefined,
    `must be whsec_ and ${keyBytes.least} to ${keyBytes.most} random bytes in base64: echo whsec_$(openssl rand -base64 32)`,
  );

/** The key in a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; undefined when it is none. */
export function secretBytes(secret: string): Buffer | undefined {
  const [, encoded = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(encoded, "base64");
  return key.length >= keyBytes.least && key.length <= keyBytes.most ? key : undefined;
}

const webhook = z
  .strictObject({
    url: httpUrl.describe("address that gets a POST request for each notification; mostly a secret itself"),
    format: z
      .enum(["json", "slack", "teams"], "must be json, slack or teams")
      .default("json")
      .describe("`json`: the notification as it is; `slack`: also for Mattermost; `teams`: for a workflow of Microsoft Teams"),
    headers: headers.default({}).describe("further headers, e.g. Authorization"),
    secret: signingKey.optional().describe("key of the signature in the header `webhook-signature`: `whsec_` and 24 to 64 bytes in base64"),
  })
  .optional()
  .describe("sends notifications to a URL");

const address = z
  .string("must be a text")
  .regex(/^[^\s@<>()[\],;:\\"]+@[^\s@<>()[\],;:\\"]+$/, "must be an e-mail address such as batch@example.com");

/** Whether a connection to a host stays on this machine. */
const isLoopback = (host: unknown): boolean => typeof host === "string" && /^(localhost|::1|127(\.\d+){3})$/.test(host);

const smtp = z
  .strictObject({
    host: z
      .string("must be a text")
      .regex(/^[A-Za-z0-9.:-]+$/, "must be a host name or an IP address")
      .describe("server that takes the e-mails"),
    port: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(65_535, "must be at most 65535")
      .optional()
      .describe("by default 465 with `tls`, 587 with `starttls`, 25 with `none`"),
    security: z
      .enum(["tls", "starttls", "none"], "must be tls, starttls or none")
      .default("tls")
      .describe("`tls`: encrypted from the start; `starttls`: the server must offer STARTTLS; `none`: in plain text, to this machine only"),
    insecure: z.boolean("must be true or false").default(false).describe("allow `none` to another machine"),
    username: text.optional().describe("account on the server"),
    password: text.optional().describe("its password"),
  })
  .superRefine(
    ({ host, security, insecure, username, password }, context) => {
      if (security === "none" && insecure !== true && !isLoopback(host))
        context.addIssue({ code: "custom", path: ["security"], message: "must be tls or starttls to another machine; or set insecure" });
      if ((username === undefined) !== (password === undefined))
        context.addIssue({ code: "custom", path: [username === undefined ? "username" : "password"], message: "must be given too" });
    },
    { when: ({ value }) => isObject(value) },
  );

const email = z
  .strictObject({
    from: address.describe("sender"),
    to: z
      .array(address, "must be a list")
      .min(1, "must have at least one address")
      .max(50, "must have at most 50 addresses")
      .describe("recipients"),
    smtp: smtp.describe("mail server"),
  })
  .optional()
  .describe("sends notifications by e-mail");

const target = z
  .strictObject({
    name: z
      .string("must be a text")
      .regex(
        /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/,
        "must be up to 40 lower-case letters, digits and '-', with a letter or digit at both ends",
      )
      .refine((name) => name !== noTarget, `must not be ${noTarget}, which stands for no target`)
      .describe("by which Jobs choose it (`notify`), and which logs and metrics show"),
    on: z
      .array(z.enum(ends, `must be ${anyEnd}`), "must be a list")
      .min(1, `must have at least one of ${anyEnd}`)
      .refine((list) => new Set(list).size === list.length, "must not have anything twice")
      .default(["failed", "unfinished"])
      .describe("ends of Jobs that it gets: `complete`, `failed` (all tasks ended, some failed), `unfinished` (some tasks did not end)"),
    webhook,
    email,
  })
  .superRefine(
    (value, context) => {
      if ((value.webhook === undefined) === (value.email === undefined))
        context.addIssue({ code: "custom", path: [], message: "must have either webhook or email" });
    },
    { when: ({ value }) => isObject(value) },
  );

export const notificationSettings = z.strictObject({
  targets: z
    .array(target, "must be a list")
    .max(20, "must have at most 20 targets")
    .superRefine(
      (targets, context) => {
        targets.forEach((one, i) => {
          const name = (one as { name?: unknown } | undefined)?.name;
          if (name !== undefined && targets.findIndex((other) => other?.name === name) < i)
            context.addIssue({ code: "custom", path: [i, "name"], message: "must be another name for each target" });
        });
      },
      { when: ({ value }) => Array.isArray(value) },
    )
    .default([])
    .describe("who is told of a Job's end"),
  linkBase: httpUrl
    .refine((url) => url.endsWith("/"), "must end with '/'")
    .optional()
    .describe(
      "URL that stands before the report's key in links, e.g. of a server that shows the bucket; by default links are `s3://bucket/key`",
    ),
});

export type NotificationSettings = z.infer<typeof notificationSettings>;
export type NotificationTarget = NotificationSettings["targets"][number];
export type WebhookSettings = NonNullable<NotificationTarget["webhook"]>;
export type EmailSettings = NonNullable<NotificationTarget["email"]>;
