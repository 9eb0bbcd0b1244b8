import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../local/lib/errors";
import { createProgress } from "../../../local/lib/progress";
import type * as Packages from "../../../local/tools/packages";

describe("installMissing", () => {
  let folder: string;
  let installMissing: typeof Packages.installMissing;
  let lines: string[];
  const progress = createProgress((line) => lines.push(line));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packages-test-"));
    process.env.MKS_BATCH_CACHE = folder; // read when the module is loaded
    ({ installMissing } = await import("../../../local/tools/packages"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => (lines = []));

  /** A machine on which etcd and ctr are missing until `installed` exists, with an apt-get that writes down its arguments. */
  function machine(script: string, changes: Partial<Packages.Machine> = {}): Packages.Machine {
    const aptGet = join(folder, "apt-get");
    writeFileSync(aptGet, `#!/bin/sh\ncd ${folder}\necho "$@" >> calls\n${script}`, { mode: 0o755 });
    for (const file of ["calls", "installed", "updated"]) rmSync(join(folder, file), { force: true });
    const find: Packages.Machine["find"] = (name) =>
      !["etcd", "ctr"].includes(name) || existsSync(join(folder, "installed")) ? `/usr/bin/${name}` : undefined;
    return { platform: "linux", isRoot: true, aptGet, find, ...changes };
  }
  const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  const wanted = ["etcd", "ctr", "runc"] as const;

  test("names the packages, then installs them without recommendations", async () => {
    await installMissing(wanted, progress, machine('case "$*" in *install*) touch installed;; esac'));
    expect(lines[0]).toBe("These Debian packages will be installed: containerd, etcd-server");
    expect(calls()).toEqual([
      expect.stringMatching(/^-o DPkg::Lock::Timeout=300 .*install --yes --no-install-recommends containerd etcd-server$/),
    ]);
  });

  test("fetches the package lists only when the installation fails without", async () => {
    await installMissing(wanted, progress, machine('case "$*" in *update*) touch updated;; *) [ -e updated ] && touch installed;; esac'));
    expect(calls().map((call) => /install|update/.exec(call)?.[0])).toEqual(["install", "update", "install"]);
  });

  test("does nothing when nothing is missing", async () => {
    await installMissing(["runc"], progress, machine("exit 1"));
    expect(lines).toEqual([]);
  });

  test("does nothing on another system either when nothing is wanted, as for the images of the program alone", async () => {
    await installMissing([], progress, machine("exit 1", { platform: "darwin" }));
    expect(lines).toEqual([]);
  });

  test("passes on what apt-get says", async () => {
    const attempt = installMissing(wanted, progress, machine("echo 'E: no candidate' >&2; exit 100"));
    await expect(attempt).rejects.toThrow("apt-get could not install containerd, etcd-server:\nE: no candidate");
    await expect(attempt).rejects.toThrow(UserError);
  });

  test("notices that an installation brought nothing", async () => {
    await expect(installMissing(wanted, progress, machine("exit 0"))).rejects.toThrow(/^etcd, ctr: still missing/);
  });

  test.each([
    [
      "an ordinary user is told what root can do",
      { isRoot: false },
      /etcd \(Debian package etcd-server\)[^]*Run: sudo apt-get install --no-install-recommends containerd etcd-server$/,
    ],
    [
      "another distribution's user is told what is needed",
      { aptGet: undefined },
      /ctr \(Debian package containerd\)\n.*your distribution's package manager/,
    ],
    ["a user of another system is told why it cannot work", { platform: "darwin" }, /needs Linux; this is darwin\..*pulumi up --stack dev/],
  ])("%s", async (_what, changes, message) => {
    const attempt = installMissing(wanted, progress, machine("exit 1", changes));
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(UserError);
    expect(existsSync(join(folder, "calls"))).toBe(false);
  });
});
