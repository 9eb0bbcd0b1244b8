import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleImages } from "../../../local/images/bundle";

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
