import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { placeContent, placeFile, placeFolder } from "../../../local/images/dist";

describe("an image's dist/", () => {
  let folder: string;
  let dist: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dist-test-"));
    dist = join(folder, "dist");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const inode = (name: string): number => statSync(join(dist, name)).ino;
  const source = (name: string, text: string, mode = 0o644): string => {
    writeFileSync(join(folder, name), text, { mode });
    return join(folder, name);
  };

  it("is not touched where it has what it should", async () => {
    const tool = source("tool", "one", 0o755);
    const fill = async () => {
      await placeContent(Buffer.from("program"), dist, "main.cjs");
      await placeFile(tool, dist, "tool");
    };
    await fill();
    const before = [inode("main.cjs"), inode("tool")];
    await fill();
    expect([inode("main.cjs"), inode("tool")]).toEqual(before);
    expect(readdirSync(dist).sort()).toEqual(["main.cjs", "tool"]);
    expect(statSync(join(dist, "tool")).mode & 0o777).toBe(0o755);
  });

  it("has new files at once: who reads an old one goes on reading it", async () => {
    await placeContent(Buffer.from("old program"), dist, "main.cjs");
    await placeFile(source("tool", "old tool"), dist, "tool");
    const open = ["main.cjs", "tool"].map((name) => openSync(join(dist, name), "r"));
    await placeContent(Buffer.from("new program"), dist, "main.cjs");
    await placeFile(source("tool", "the new tool"), dist, "tool");
    expect(open.map((file) => readFileSync(file, "utf8"))).toEqual(["old program", "old tool"]);
    open.forEach(closeSync);
    expect(["main.cjs", "tool"].map((name) => readFileSync(join(dist, name), "utf8"))).toEqual(["new program", "the new tool"]);
  });

  it("takes over what a killed process left half written", async () => {
    mkdirSync(dist);
    writeFileSync(join(dist, ".new"), "half", { mode: 0o755 });
    await placeContent(Buffer.from("whole"), dist, "main.cjs");
    expect(readFileSync(join(dist, "main.cjs"), "utf8")).toBe("whole");
    expect(statSync(join(dist, "main.cjs")).mode & 0o111).toBe(0);
    expect(readdirSync(dist)).toEqual(["main.cjs"]);
  });

  it("has the files of a folder, and no longer those that the folder had", async () => {
    mkdirSync(join(folder, "app", "lib"), { recursive: true });
    source(join("app", "app.jar"), "app");
    source(join("app", "lib", "old.jar"), "old");
    await placeFolder(join(folder, "app"), dist, "app");
    rmSync(join(folder, "app", "lib", "old.jar"));
    source(join("app", "lib", "new.jar"), "new");
    await placeFolder(join(folder, "app"), dist, "app");
    expect(readdirSync(join(dist, "app"), { recursive: true }).sort()).toEqual(["app.jar", "lib", join("lib", "new.jar")]);
  });
});
