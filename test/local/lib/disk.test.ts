import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withDiskSpace } from "../../../local/lib/disk";
import { UserError } from "../../../local/lib/errors";
import { ExecError } from "../../../local/lib/exec";

describe("withDiskSpace", () => {
  const folder = mkdtempSync(join(tmpdir(), "disk-test-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("makes the folder and answers what the work answers", async () => {
    await expect(withDiskSpace(join(folder, "new"), 0, "a test", () => Promise.resolve(1))).resolves.toBe(1);
  });

  test("does not begin when there is too little space, and says how much is needed where", async () => {
    const work = jest.fn(() => Promise.resolve());
    const attempt = withDiskSpace(folder, 1e9, "building kubernetes", work);
    await expect(attempt).rejects.toThrow(UserError);
    await expect(attempt).rejects.toThrow(
      /building kubernetes needs about 1000000000 GiB, and \d+\.\d GiB are free on the file system of .*disk-test/,
    );
    expect(work).not.toHaveBeenCalled();
  });

  test.each([
    ["a system call", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })],
    ["a command", new ExecError("/usr/bin/go", 1, "", "link: writing output: No space left on device")],
  ])("explains a disk that gets full in %s", async (_what, error) => {
    await expect(withDiskSpace(folder, 0, "a test", () => Promise.reject(error))).rejects.toThrow(/^The disk is full: a test/);
  });

  test("passes other errors on", async () => {
    const error = new Error("other");
    await expect(withDiskSpace(folder, 0, "a test", () => Promise.reject(error))).rejects.toBe(error);
  });
});
