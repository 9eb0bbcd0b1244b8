import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { notificationSettings } from "../../common/notification-settings";
import { messageOf } from "../../controller/notifications/notice";
import { mailOf } from "../../controller/notifications/email";
import { sampleNotice } from "../controller/notifications/sample";

const page = readFileSync(join(__dirname, "../../docs/notifications.md"), "utf8");
const block = (language: string): string => new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "m").exec(page)![1]!;

describe("docs/notifications.md", () => {
  test("shows a notification as it is sent", () => {
    const message = messageOf(sampleNotice(), { cluster: "prod" });
    expect({ ...(JSON.parse(block("json")) as object), id: message.id }).toEqual(message);
    expect(page).toContain(`\`${mailOf({ from: "a@b", to: [] }, message, "").subject}\``);
  });

  test("shows settings that are right", () => {
    const { config } = parse(block("yaml")) as { config: Record<string, { notifications: unknown }> };
    const secrets = ["https://hooks.example.com/x", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "password"];
    // Where Pulumi has what it encrypted, the program gets what was given.
    const plain = JSON.stringify(config["ovh-mks-batch:controller"]!.notifications).replace(/\{"secure":"[^"]*"\}/g, () =>
      JSON.stringify(secrets.shift()),
    );
    expect(notificationSettings.safeParse(JSON.parse(plain)).error).toBeUndefined();
  });
});
