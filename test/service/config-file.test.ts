import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notificationSettings } from "../../common/notification-settings";
import { readConfigFile } from "../../service/config-file";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "notifications-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function read(content: unknown) {
  const file = join(folder, "notifications.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return readConfigFile(notificationSettings, file);
}

function faults(content: unknown): string[] {
  try {
    read(content);
  } catch (error) {
    expect((error as Error).name).toBe("ConfigError");
    return (error as Error).message.replaceAll(`${folder}/`, "").split("\n  ");
  }
  return [];
}

const webhook = { url: "https://hooks.example.com/T0KEN" };

test("a file is read, with its defaults", () => {
  expect(read({ targets: [{ name: "team", webhook }] })).toEqual({
    targets: [{ name: "team", on: ["failed", "unfinished"], webhook: { ...webhook, format: "json", headers: {} } }],
  });
  expect(read({})).toEqual({ targets: [] });
});

test("all faults are told at once, each with its property and the rule, and without what is secret", () => {
  const content = {
    targets: [
      { name: "A", on: [], webhook: { url: "ftp://T0KEN", secret: "S3CRET", headers: { host: "x", "a b": "c" } }, email: {} },
      {
        name: "mail",
        when: ["failed"],
        email: { from: "S3CRET", to: [], smtp: { host: "mail.example.com", security: "none", password: "S3CRET" } },
      },
      { name: "mail", webhook: { url: "https://user:S3CRET@example.com/" } },
      { name: "none" },
      { webhook: "https://T0KEN" },
    ],
    linkbase: "x",
  };
  expect(faults(content)).toEqual([
    "notifications.json is not valid:",
    "targets[0].name must be up to 40 lower-case letters, digits and '-', with a letter or digit at both ends",
    "targets[0].on must have at least one of complete, failed or unfinished",
    "targets[0].webhook.url must be an http or https URL",
    "targets[0].webhook.headers.host is set by the notification itself; leave it out",
    "targets[0].webhook.headers.a b must have the name of an HTTP header",
    "targets[0].webhook.secret must be whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)",
    "targets[0].email.from must be given",
    "targets[0].email.to must be given",
    "targets[0].email.smtp must be given",
    "targets[0] must have either webhook or email",
    "targets[1].email.from must be an e-mail address such as batch@example.com",
    "targets[1].email.to must have at least one address",
    "targets[1].email.smtp.security must be tls or starttls to another machine; or set insecure",
    "targets[1].email.smtp.username must be given too",
    "targets[1].when is not known; there are name, on, webhook, email",
    "targets[2].webhook.url must not hold a user and a password; set the header Authorization",
    "targets[3].name must not be none, which stands for no target",
    "targets[3] must have either webhook or email",
    "targets[4].name must be given",
    "targets[4].webhook must be of type object",
    "targets[2].name must be another name for each target",
    "linkbase is not known; did you mean linkBase?",
  ]);
});

test("what is neither YAML nor JSON, or not there, is told without its content", () => {
  expect(faults('{"targets": [{"url": T0KEN')).toEqual(["notifications.json is neither YAML nor JSON: line 1, column 27"]);
  rmSync(join(folder, "notifications.json"));
  expect(() => readConfigFile(notificationSettings, join(folder, "notifications.json"))).toThrow(
    /notifications\.json cannot be read: ENOENT$/,
  );
});
