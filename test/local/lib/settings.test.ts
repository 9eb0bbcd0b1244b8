import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../local/lib/errors";
import { loadSettings, saveSettings } from "../../../local/lib/settings";
import { lanes } from "../../e2e/lanes";

describe("the local cloud's settings", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  const file = join(folder, "settings.json");
  afterAll(() => rmSync(folder, { recursive: true }));

  it("have defaults, and flags arrive as text", () => {
    expect(loadSettings(file, { realNodes: "2" })).toMatchObject({ realNodes: 2, nodeCidr: "10.250.0.0/24", apiPort: 18080 });
  });

  it("are kept from one start to the next, with flags on top", () => {
    saveSettings(file, loadSettings(file, { apiPort: "19000", s3Port: "19001" }));
    expect(loadSettings(file, { s3Port: "19002" })).toMatchObject({ apiPort: 19000, s3Port: 19002 });
  });

  it("report every fault at once", () => {
    const load = (): unknown => loadSettings(file, { apiPort: "0", nodeCidr: "ten", realNodez: "1", storageRegion: "gra" });
    expect(load).toThrow(UserError);
    expect(load).toThrow(/apiPort[\s\S]*nodeCidr|nodeCidr[\s\S]*apiPort/);
    expect(load).toThrow(/realNodez/);
    expect(load).toThrow(/storageRegion: must be an Object Storage region such as GRA/);
  });

  it("give each server a port of its own: the private registry has one, too", () => {
    expect(() => loadSettings(file, { apiPort: "18082", s3Port: "18082" })).toThrow(
      /apiPort, s3Port: both are 18082; give each a port of its own\n {2}apiPort: 18082 is the port of the private registry; choose another\n {2}s3Port: 18082/,
    );
  });
});

it("no two suites of e2e that run side by side take a port of each other, or of their own registry", () => {
  const [first, second] = lanes.map(({ settings }) => loadSettings(join(tmpdir(), "no-settings.json"), settings));
  const ports = [first, second].flatMap((settings) => [settings!.apiPort, settings!.s3Port]);
  expect(new Set(ports).size).toBe(4);
});
