import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleImages } from "../../../local/images/bundle";
import { createProgress } from "../../../local/lib/progress";

test("a bundle is one file that runs on its own, the same at each run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bundle-test-"));
  try {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src", "part.ts"), "export const greet = (name: string): string => `hello ${name}`;\n");
    writeFileSync(join(folder, "src", "main.ts"), 'import { greet } from "./part";\nconsole.log(greet("you"));\n');
    const image = { name: "test", folder, entry: join(folder, "src", "main.ts") };
    const bundles: string[] = [];
    for (let i = 0; i < 2; i++) {
      await bundleImages([image]);
      bundles.push(readFileSync(join(folder, "dist", "main.cjs"), "utf8"));
    }
    expect(bundles[1]).toBe(bundles[0]);
    rmSync(join(folder, "src"), { recursive: true });
    expect(execFileSync(process.execPath, [join(folder, "dist", "main.cjs")], { encoding: "utf8" })).toBe("hello you\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("tools for images to be pushed are built for the nodes they are pushed for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bundle-test-"));
  const saved = { ...process.env };
  try {
    // A Go whose programs are the platform that they were built for.
    const go = '#!/bin/sh\n[ "$1" = list ] || { while [ "$1" != -o ]; do shift; done; echo "$GOOS/$GOARCH" > "$2/hey"; }\n';
    writeFileSync(join(folder, "go"), go, { mode: 0o755 });
    process.env.PATH = `${folder}:${saved.PATH}`;
    process.env.MKS_BATCH_CACHE = join(folder, "cache"); // read when the module is loaded
    jest.resetModules();
    const { bundleImages: bundleAnew } = await import("../../../local/images/bundle");
    await bundleAnew(
      [{ name: "test", folder, tools: ["hey"] }],
      createProgress(() => undefined),
      { os: "linux", arch: "riscv64" },
    );
    expect(readFileSync(join(folder, "dist", "hey"), "utf8")).toBe("linux/riscv64\n");
  } finally {
    process.env = saved;
    rmSync(folder, { recursive: true });
  }
});
