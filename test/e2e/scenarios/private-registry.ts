import * as cloud from "./cloud";
import { Page } from "./page";

/** docs/scenarios/private-registry.md */
export function privateRegistry(): void {
  describe("a private registry", () => {
    const page = new Page("private-registry", cloud.env);

    it("takes an image of one's own", async () => {
      const { stdout } = await page.run("registry push");
      expect(stdout).toContain(`${cloud.env().REGISTRY}/worker:2`);
      expect(stdout).toContain("kubectl create secret docker-registry");
    });

    it("without or with a wrong Secret the run fails fast, says why, and leaves no pods", async () => {
      await cloud.pullSecret("wrong", cloud.env().REGISTRY!, "batch", "wrong");
      const start = Date.now();
      const words = ["--name", "wrong-secret", "--image", `${cloud.env().REGISTRY}/worker:2`, "--image-pull-secret", "wrong"];
      const wrong = cloud.batch("submit", ...words, "--cpu", "100m", "--memory", "64Mi", "--", "true");
      const { output } = await page.run("--name private", { fails: true });
      for (const text of [output, (await wrong).output]) expect(text).toMatch(/image cannot be pulled .*worker:2.*401 Unauthorized/s);
      expect(output).toMatch(/imagePullSecrets/);
      expect((await wrong).code).toBe(1);
      expect((await wrong).output).toMatch(/wrong/);
      expect(Date.now() - start).toBeLessThan(120_000);
      expect([...(await cloud.podsOf("wrong-secret")), ...(await cloud.podsOf("private"))]).toEqual([]);
    });

    it("gives it to pods that have the Secret", async () => {
      const { stdout } = await page.run("--name private");
      expect(stdout).toContain("ANALYSIS=v1");
      expect(page.unused).toEqual([]);
    });
  });
}
