import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cloneGoldenRoot } from "../../../local/images";

const blob = "io.containerd.content.v1.content/blobs/sha256/abc";
const layerFile = "io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/bin/tool";
const metadata = "io.containerd.metadata.v1.bolt/meta.db";
const snapshotDatabase = "io.containerd.snapshotter.v1.overlayfs/metadata.db";
const files = [blob, layerFile, metadata, snapshotDatabase];

describe("cloneGoldenRoot", () => {
  let folder: string;
  let golden: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "clone-test-"));
    golden = join(folder, "golden");
    for (const file of files) {
      mkdirSync(dirname(join(golden, file)), { recursive: true });
      writeFileSync(join(golden, file), file);
    }
    symlinkSync("tool", join(golden, dirname(layerFile), "alias"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const inode = (root: string, file: string) => statSync(join(root, file)).ino;

  test("shares what never changes, and copies the databases", async () => {
    const target = join(folder, "node");
    await cloneGoldenRoot(golden, target);
    for (const file of [blob, layerFile]) expect(inode(target, file)).toBe(inode(golden, file));
    for (const file of [metadata, snapshotDatabase]) {
      expect(inode(target, file)).not.toBe(inode(golden, file));
      expect(readFileSync(join(target, file), "utf8")).toBe(file);
    }
    expect(readFileSync(join(target, dirname(layerFile), "alias"), "utf8")).toBe(layerFile);
  });

  test("leaves a clone as it is, and begins one that was killed half-way anew", async () => {
    const target = join(folder, "node");
    mkdirSync(`${target}.new`);
    writeFileSync(join(`${target}.new`, "rest"), "");
    await cloneGoldenRoot(golden, target);
    expect(existsSync(join(target, "rest"))).toBe(false);
    writeFileSync(join(target, metadata), "the node's own");
    await cloneGoldenRoot(golden, target);
    expect(readFileSync(join(target, metadata), "utf8")).toBe("the node's own");
    expect(readFileSync(join(golden, metadata), "utf8")).toBe(metadata);
  });

  // A RAM disk is another file system, to which hard links are not possible.
  (existsSync("/dev/shm") && statSync("/dev/shm").dev !== statSync(tmpdir()).dev ? test : test.skip)(
    "copies everything to another file system",
    async () => {
      const other = mkdtempSync("/dev/shm/clone-test-");
      try {
        await cloneGoldenRoot(golden, join(other, "node"));
        for (const file of files) expect(readFileSync(join(other, "node", file), "utf8")).toBe(file);
      } finally {
        rmSync(other, { recursive: true });
      }
    },
  );
});
