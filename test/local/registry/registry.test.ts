import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgress } from "../../../local/lib/progress";
import { pushImage, registryHelp } from "../../../local/commands/registry";
import { htpasswd } from "../../../local/registry/htpasswd";

describe("htpasswd", () => {
  const matches = (password: string, hash: string): boolean =>
    execFileSync("perl", ["-e", "local $/; print crypt(<STDIN>, $ARGV[0])", hash], { input: password, encoding: "utf8" }) === hash;

  it("hashes with bcrypt, which knows the password again and no other one", async () => {
    const [user, hash] = (await htpasswd("batch", "pässwörd $1")).trim().split(":") as [string, string];
    expect(user).toBe("batch");
    expect(hash).toMatch(/^\$2y\$10\$[./A-Za-z0-9]{53}$/);
    expect(matches("pässwörd $1", hash)).toBe(true);
    expect(matches("password $1", hash)).toBe(false);
  });

  it("gives the same password another hash each time", async () => {
    expect(await htpasswd("a", "b")).not.toBe(await htpasswd("a", "b"));
  });
});

describe("registry push", () => {
  const progress = createProgress(() => undefined);

  it("refuses a folder without a Dockerfile", async () => {
    const folder = mkdtempSync(join(tmpdir(), "registry-test-"));
    try {
      await expect(pushImage(folder, "a:1", progress)).rejects.toThrow(`folder: there is no Dockerfile in ${folder}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(["Upper:1", "a b", "-a", "a:", "a@sha256:1", "--all", ""])("refuses %j as the name of an image", async (name) => {
    await expect(pushImage(join(__dirname, "../../../images/thumbnail"), name, progress)).rejects.toThrow(/name: .* lower-case letters/);
  });
});

it("shows commands that hold the registry's address and account", () => {
  const help = registryHelp("10.250.0.1:18082", { username: "batch", password: "pw" });
  expect(help).toContain("npm run local -- registry push FOLDER NAME:TAG");
  expect(help).toContain("--docker-server=10.250.0.1:18082 --docker-username=batch --docker-password=pw");
});
