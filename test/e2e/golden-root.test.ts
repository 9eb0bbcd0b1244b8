import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cloneGoldenRoot, ensureGoldenRoot, ensureImages } from "../../local/images";
import { type ImageSet } from "../../local/images/definitions";
import { contained } from "../../local/images/buildah";
import { withContainerd } from "../../local/images/containerd";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { ensureTools, type Tools } from "../../local/tools";
import { goldenTest } from "./traces";

/** Each file below `folder` with what changes when somebody writes to it. */
function fingerprint(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((item): [string, string] => {
    const path = join(item.parentPath, item.name);
    const { mode, uid, size, mtimeMs } = lstatSync(path);
    const content = item.isFile() ? createHash("sha1").update(readFileSync(path)).digest("hex") : "";
    return [path, [mode, uid, size, mtimeMs, content].join()];
  });
  return new Map(entries);
}

/** The inodes of all files of unpacked layers. */
const layerFiles = (root: string): number[] =>
  readdirSync(join(root, "io.containerd.snapshotter.v1.overlayfs", "snapshots"), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => lstatSync(join(item.parentPath, item.name)).ino);

const toolNames = ["buildah", "mmdebstrap", "debianKeyrings", "setpriv", "unshare", "containerd", "ctr"] as const;

describe("a node's containerd root that is cloned from the golden one", () => {
  let folder: string;
  let tools: Tools<(typeof toolNames)[number]>;
  let images: ImageSet;
  let golden: string;
  let before: Map<string, string>;

  beforeAll(async () => {
    const progress = createProgress();
    tools = await ensureTools(progress, toolNames);
    images = await ensureImages(tools, [], progress);
    // A suite beside this one knows it by its name.
    folder = join(paths.work, goldenTest.folder);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    golden = await ensureGoldenRoot(images, tools, folder, progress);
    await cloneGoldenRoot(golden, join(folder, "clone"));
    before = fingerprint(golden);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("has every image, unpacked", async () => {
    const listed = await withContainerd(tools, join(folder, "clone"), (ctr) => ctr("images", "check", "--snapshotter", "overlayfs"));
    for (const { reference } of images.images) expect(listed).toMatch(new RegExp(`^${reference} .* complete .* true\\s*$`, "m"));
  });

  test("lets a container write, and loses its image, while the golden root stays as it was", async () => {
    const reference = images.images.find(({ name }) => name === "thumbnail")!.reference;
    const mounted = join(folder, "mounted");
    mkdirSync(mounted);
    await withContainerd(tools, join(folder, "clone"), async (ctr, socket) => {
      // What runc does for a container, but as root, whom the image's own user would not let write.
      const script = `"$1" --address "$2" --namespace k8s.io images mount --rw "$3" "$4" && cd "$4" &&
        echo changed > etc/debian_version && rm usr/bin/perl && chmod 700 etc && touch usr/bin/env && chroot . ffmpeg -version`;
      const output = await exec(...contained(tools, "sh", ["-c", script, "sh", tools.ctr, socket, reference, mounted]));
      expect(output).toContain("ffmpeg version");
      await ctr("snapshots", "remove", mounted);
      await ctr("images", "remove", "--sync", reference);
      expect(await ctr("images", "list", "--quiet")).not.toContain(reference);
    });
    expect(fingerprint(golden)).toEqual(before);
  });

  test("can be cloned again, and the second clone still has the image", async () => {
    await cloneGoldenRoot(golden, join(folder, "second"));
    const listed = await withContainerd(tools, join(folder, "second"), (ctr) => ctr("images", "check", "--snapshotter", "overlayfs"));
    expect(listed).toMatch(/thumbnail.* complete .* true\s*$/m);
  });

  test("becomes that of other images, of which only what is new is unpacked; its clones stay as they are", async () => {
    const clone = fingerprint(join(folder, "second"));
    const [kept, ...added] = images.images.filter(({ name }) => name !== "thumbnail");
    const other = await ensureGoldenRoot({ ...images, images: [kept!], hash: "other" }, tools, folder, createProgress());
    expect(existsSync(golden)).toBe(false);
    const layers = layerFiles(other);
    const ofClone = new Set(layerFiles(join(folder, "second")));
    expect(layers.length).toBeGreaterThan(0);
    expect(layers.filter((inode) => !ofClone.has(inode))).toEqual([]);
    const again = await ensureGoldenRoot({ ...images, images: [kept!, ...added], hash: "again" }, tools, folder, createProgress());
    await cloneGoldenRoot(again, join(folder, "third"));
    const listed = await withContainerd(tools, join(folder, "third"), (ctr) => ctr("images", "list", "--quiet"));
    expect(listed.trim().split("\n").sort()).toEqual([kept!, ...added].map(({ reference }) => reference).sort());
    expect(fingerprint(join(folder, "second"))).toEqual(clone);
  });
});
