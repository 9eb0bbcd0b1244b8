import { notificationSettings, secretBytes } from "../../common/notification-settings";

const faultsOf = (target: object): string[] => {
  const { error } = notificationSettings.safeParse({ targets: [{ name: "team", ...target }] });
  return error?.issues.map(({ message }) => message) ?? [];
};
const smtp = (values: object) =>
  faultsOf({ email: { from: "a@example.com", to: ["b@example.com"], smtp: { host: "mail.example.com", ...values } } });
const webhook = (values: object) => faultsOf({ webhook: { url: "https://example.com/hook", ...values } });

test.each<[string, object]>([
  ["by default", {}],
  ["by STARTTLS with an account", { security: "starttls", username: "u", password: "p", port: 2525 }],
  ["in plain text to this machine", { host: "localhost", security: "none" }],
  ["in plain text to this machine's IPv6 address", { host: "::1", security: "none" }],
  ["in plain text where that is asked for", { security: "none", insecure: true }],
])("a mail server is reached %s", (_what, values) => expect(smtp(values)).toEqual([]));

test.each<[string, object, string]>([
  ["plain text to elsewhere", { security: "none" }, "must be tls or starttls to another machine; or set insecure"],
  ["a name that only begins as this machine's", { host: "127.0.0.1.example.com", security: "none" }, "must be tls or starttls"],
  ["a user without a password", { username: "u" }, "must be given too"],
  ["a port that is none", { port: 0 }, "must be at least 1"],
  ["a host with a path", { host: "mail.example.com/x" }, "must be a host name or an IP address"],
])("a mail server is refused with %s", (_what, values, fault) => expect(smtp(values)).toEqual([expect.stringContaining(fault)]));

test("addresses cannot bring headers or other recipients with them", () => {
  for (const to of ["a@example.com\nBcc: b@example.com", "a@example.com, b@example.com", "A <a@example.com>", "a", ""])
    expect(faultsOf({ email: { from: "a@example.com", to: [to], smtp: { host: "h" } } })).toEqual([
      "must be an e-mail address such as batch@example.com",
    ]);
});

test("headers cannot bring others with them, nor replace those of the notification", () => {
  expect(webhook({ headers: { Authorization: "Bearer x", "X-Team": "a" } })).toEqual([]);
  expect(webhook({ headers: { "X-Team": "a\r\nHost: b" } })).toEqual(["must be ASCII characters on one line"]);
  expect(webhook({ headers: { "Idempotency-Key": "a" } })).toEqual(["is set by the notification itself; leave it out"]);
});

test("a signing key is as Standard Webhooks wants it", () => {
  expect(secretBytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toHaveLength(24);
  for (const secret of [
    "",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_c2hvcnQ=",
    `whsec_${"A".repeat(200)}`,
    "whsec_not base64 at all, really not",
  ])
    expect(secretBytes(secret)).toBeUndefined();
});

test("each end is told once, and one at least", () => {
  expect(faultsOf({ on: ["failed", "failed"], webhook: { url: "https://example.com/" } })).toEqual(["must not have anything twice"]);
  expect(faultsOf({ on: ["ended"], webhook: { url: "https://example.com/" } })).toEqual(["must be complete, failed or unfinished"]);
});

test("a link's base ends with a slash", () => {
  expect(notificationSettings.safeParse({ linkBase: "https://example.com/x" }).error?.issues[0]?.message).toBe("must end with '/'");
  expect(notificationSettings.safeParse({ linkBase: "https://example.com/x/" }).success).toBe(true);
});
