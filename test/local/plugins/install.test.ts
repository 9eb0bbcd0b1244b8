import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import { ensurePlugins } from "../../../local/plugins/install";
import { removeTemporaryFolders, temporaryFolder } from "./helpers";

const said: string[] = [];
const progress = {
  say: (text: string) => void said.push(text),
  step: async <T>(name: string, work: () => Promise<T>) => {
    said.push(name);
    return work();
  },
};

const versions = Object.fromEntries(
  ["@pulumi/kubernetes", "@ovhcloud/pulumi-ovh", "@pulumi/random"].map((name) => {
    const manifest = JSON.parse(readFileSync(join(paths.root, "node_modules", name, "package.json"), "utf8")) as {
      version: string;
      pulumi: { name: string };
    };
    return [manifest.pulumi.name, manifest.version];
  }),
);

let pulumi: string;

beforeEach(() => {
  const folder = temporaryFolder();
  process.env.PULUMI_HOME = join(folder, "home");
  process.env.MKS_BATCH_DOWNLOADS = "off";
  const work = join(folder, "work");
  Object.assign(paths, {
    pulumiHome: join(work, "pulumi"),
    pulumiState: join(work, "state"),
    passphrase: join(work, "passphrase"),
    cache: join(folder, "cache"),
  });
  mkdirSync(join(folder, "tools"), { recursive: true });
  pulumi = join(folder, "tools", "pulumi");
  writeFileSync(pulumi, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  said.length = 0;
});

afterEach(removeTemporaryFolders);

const ensure = () => ensurePlugins(progress, { pulumiBinary: pulumi });
const plugin = (home: string, name: string) => join(home, "plugins", `resource-${name}-v${versions[name]}`, `pulumi-resource-${name}`);

/** The beginning of a file: a stand-in is a megabyte in few lines. */
const text = (file: string) => readFileSync(file, "utf8").slice(0, 8);

function installOfficial(home: string, name: string): void {
  mkdirSync(join(plugin(home, name), ".."), { recursive: true });
  writeFileSync(plugin(home, name), "official");
}

test("the stand-ins are put where the engine looks, in the SDKs' versions, and are left alone the next time", async () => {
  const { pulumiHome, binDir, env } = await ensure();
  for (const name of ["kubernetes", "ovh", "random"]) expect(statSync(plugin(pulumiHome, name)).mode & 0o111).toBeTruthy();
  for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"])
    expect(existsSync(join(binDir, name))).toBe(true);
  // A link would make the engine look beside the linked file.
  expect(lstatSync(join(binDir, "pulumi")).isSymbolicLink()).toBe(false);
  expect(env).toEqual({
    PULUMI_HOME: pulumiHome,
    PULUMI_BACKEND_URL: `file://${paths.pulumiState}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: paths.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  });
  expect(said).toEqual(["Pulumi works with our stand-ins for the official plugins: kubernetes, ovh, random, Node.js language host"]);
  const passphrase = readFileSync(paths.passphrase, "utf8");
  expect(passphrase).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(paths.passphrase).mode & 0o777).toBe(0o600);

  said.length = 0;
  const link = readlinkSync(plugin(pulumiHome, "ovh"));
  await ensure();
  expect(said).toEqual([]);
  expect(readlinkSync(plugin(pulumiHome, "ovh"))).toBe(link);
  expect(readFileSync(paths.passphrase, "utf8")).toBe(passphrase);
}, 60_000);

test.each([["ovh"], ["kubernetes"], ["random"]])(
  "the stand-in of %s starts, and tells its port",
  async (name) => {
    const { pulumiHome } = await ensure();
    const child = spawn(plugin(pulumiHome, name), ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const port = await new Promise<string>((resolve) => child.stdout.once("data", (text: Buffer) => resolve(text.toString())));
      expect(Number(port)).toBeGreaterThan(0);
    } finally {
      child.kill("SIGINT");
      expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    }
  },
  60_000,
);

test("official plugins are used where they are: those of the user, and those in our own folder", async () => {
  installOfficial(String(process.env.PULUMI_HOME), "ovh");
  installOfficial(paths.pulumiHome, "random");
  const { pulumiHome } = await ensure();
  expect(text(plugin(pulumiHome, "ovh"))).toBe("official");
  expect(text(plugin(pulumiHome, "random"))).toBe("official");
  expect(said).toEqual([expect.stringMatching(/: kubernetes, Node.js language host$/)]);
}, 60_000);

test("an official CLI with its language host beside it is used as it is", async () => {
  writeFileSync(join(pulumi, "..", "pulumi-language-nodejs"), "official", { mode: 0o755 });
  const { binDir, env } = await ensure();
  expect(binDir).toBe(join(pulumi, ".."));
  expect(env).not.toHaveProperty("PULUMI_IGNORE_AMBIENT_PLUGINS");
}, 60_000);

test("the official plugins are downloaded where they can be, and not tried again where they cannot", async () => {
  delete process.env.MKS_BATCH_DOWNLOADS;
  const target = `$PULUMI_HOME/plugins/resource-$4-v$5`;
  writeFileSync(pulumi, `#!/bin/sh\n[ "$4" = random ] || exit 1\nmkdir -p "${target}"\necho official > "${target}/pulumi-resource-$4"\n`);
  const { pulumiHome } = await ensure();
  expect(text(plugin(pulumiHome, "random"))).toBe("official");
  expect(said.filter((line) => line.startsWith("Downloading"))).toHaveLength(3);
  said.length = 0;
  await ensure();
  expect(said).toEqual([]);
}, 60_000);
