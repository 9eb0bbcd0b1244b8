import { rmSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import * as cloud from "./cloud";
import { Page } from "./page";

/** docs/scenarios/chain.md */
export function chain(): void {
  describe("a chain of two Jobs", () => {
    const page = new Page("chain", cloud.env);

    afterAll(() => rmSync(join(paths.root, "docs", "scenarios", "chain", "Pulumi.local.yaml"), { force: true }));

    it("runs the second after the first, whose results it reads", async () => {
      const { stdout } = await page.run("pulumi stack init");
      expect(stdout.trim().split("\n").at(-1)).toBe("chain/mean.json");
      const mean = JSON.parse((await cloud.getObject("chain/mean.json"))!) as { parts: number; pi: number };
      expect(mean).toEqual({ parts: 3, pi: expect.closeTo(Math.PI, 0) as number });
      const end = (await cloud.batch("status", "parts", "--json")).stdout;
      expect(end).toContain('"complete"');
    });

    it("a part that fails stops it", async () => {
      const written = await cloud.getObject("chain/mean.json");
      const { output } = await page.run("samples none", { fails: true });
      expect(output).toMatch(/3 of 3 tasks failed/);
      expect(output).not.toMatch(/total: \d+ tasks?:/);
      expect(await cloud.getObject("chain/mean.json")).toBe(written);
    });

    it("goes on when the fault is mended, the second because the first has changed", async () => {
      const { output } = await page.run("samples 4000");
      expect(output).toMatch(/total: 1 task: 1 to run/);
      await page.run("pulumi destroy");
    });

    it("the same by the command line: the second waits, and fails with the first", async () => {
      const { code, output } = await page.run("--after parts", { fails: true });
      expect(code).toBe(1);
      expect(output).toMatch(/parts/);
      expect(await cloud.podsOf("total")).toEqual([]);
      expect(page.unused).toEqual([]);
    });
  });
}
