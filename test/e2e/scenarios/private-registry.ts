import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";
import { pushImage, startRegistry } from "../../../local/commands/registry";
import { version } from "../../../package.json";
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
      expect(Date.now() - start).toBeLessThan(300_000);
      expect([...(await cloud.podsOf("wrong-secret")), ...(await cloud.podsOf("private"))]).toEqual([]);
    });

    it("a Secret that was forgotten is named in a second call, which makes the waiting Job anew", async () => {
      const words = ["--name", "forgotten", "--image", `${cloud.env().REGISTRY}/worker:2`, "--cpu", "100m", "--memory", "64Mi"];
      expect((await cloud.batch("submit", ...words, "--detach", "--", "true")).code).toBe(0);
      await cloud.until("the image is waited for", async () =>
        (await cloud.batch("status", "forgotten")).stdout.includes("401 Unauthorized"),
      );
      const { code, output } = await cloud.batch("submit", ...words, "--image-pull-secret", "sh-k8s-registry-secret", "--", "true");
      expect(output).toMatch(/imagePullSecrets: \[\] → \["sh-k8s-registry-secret"\]\) and nothing of it runs: making it anew/);
      expect({ code, output }).toMatchObject({ code: 0 });
    });

    it("gives it to pods that have the Secret", async () => {
      const { stdout } = await page.run("--name private");
      expect(stdout).toContain("ANALYSIS=v1");
      expect(page.unused).toEqual([]);
    });

    it("a tag that is pushed again is noticed: the registry is asked with the Secret's account, and nothing runs again", async () => {
      const folder = join(paths.root, ".local", "moved");
      const push = async (text: string) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "Dockerfile"), `FROM docker.io/library/debian:trixie-slim\nLABEL build=${text}\nUSER 1000:1000\n`);
        await pushImage(join(".local", "moved"), "moved:1", cloud.progress);
      };
      const words = ["--name", "moved", "--image", `${cloud.env().REGISTRY}/moved:1`, "--image-pull-secret", "sh-k8s-registry-secret"];
      const submit = () => cloud.batch("submit", ...words, "--cpu", "100m", "--memory", "64Mi", "--", "true");
      await push("first");
      expect(await submit()).toMatchObject({ code: 0 });
      const same = await submit();
      expect(same).toMatchObject({ code: 0 });
      expect(same.output).not.toMatch(/another image|not known/);
      await push("second");
      rmSync(folder, { recursive: true });
      const { code, output } = await submit();
      expect(output).toMatch(/moved:1 names another image now \(sha256:\w{12}\) than the one that tasks have run \(sha256:\w{12}\)/);
      expect(output).toMatch(/complete; 1 of 1 task succeeded, 1 done before/);
      expect(code).toBe(0);
    });

    it("a Secret that was forgotten, when some nodes have the image: what can run ends, the rest tells the registry's words and runs with the Secret", async () => {
      await pushImage(join("docs", "scenarios", "worker"), "worker:3", cloud.progress);
      const image = ["--image", `${cloud.env().REGISTRY}/worker:3`];
      const secret = ["--image-pull-secret", "sh-k8s-registry-secret"];
      const first = await cloud.batch(
        "submit",
        "--name",
        "on-one-node",
        ...image,
        ...secret,
        "--cpu",
        "100m",
        "--memory",
        "64Mi",
        "--",
        "true",
      );
      expect(first).toMatchObject({ code: 0 });
      // Four find room on a node; they run until the other node is there.
      const words = ["--name", "on-two-nodes", ...image, "--matrix", "SEED=1,2,3,4,5,6", "--cpu", "450m", "--memory", "64Mi"];
      const forgotten = await cloud.batch("submit", ...words, "--", "sleep", "120");
      expect(forgotten.code).toBe(1);
      expect(forgotten.output).toMatch(/did not come to an end: the image cannot be pulled \(ErrImagePull, .*worker:3.*401 Unauthorized/s);
      const { jobs } = JSON.parse((await cloud.batch("list", "--json")).stdout) as {
        jobs: { name: string; counts: { succeeded: number } }[];
      };
      const { counts } = jobs.find(({ name }) => name === "on-two-nodes")!;
      expect(counts.succeeded).toBeGreaterThan(0);
      expect(counts.succeeded).toBeLessThan(6);
      const { code, output } = await cloud.batch("submit", ...words, ...secret, "--", "sleep", "120");
      expect(output).toContain(`${counts.succeeded} done before`);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("6 of 6 tasks succeeded") as string });
    });

    it("gives the stack's own pods theirs, with images.pullSecret", async () => {
      const { address, account } = await startRegistry(cloud.progress);
      for (const name of ["autoscaler", "batch-controller", "thumbnail"])
        await pushImage(join("images", name), `${name}:${version}`, cloud.progress);
      await cloud.up({ "ovh-mks-batch:images": { registry: address, pullSecret: account } });
      const imagesOf = async (namespace: string, selector: string): Promise<string[]> => {
        const { items } = await cloud.kubectlJson<{ items: { spec: { containers: { image: string }[] }; status: { phase: string } }[] }>(
          ...["get", "pods", "--namespace", namespace, "--selector", selector],
        );
        return items
          .filter(({ status }) => ["Running", "Succeeded"].includes(status.phase))
          .flatMap(({ spec }) => spec.containers.map(({ image }) => image));
      };
      expect(await imagesOf("autoscaler", "app.kubernetes.io/name=autoscaler")).toContain(`${address}/autoscaler:${version}`);
      // Another image is another result: the tasks ran again, with the new one.
      expect(cloud.outputs.counts).toMatchObject({ total: 4, succeeded: 4, skipped: 0 });
      expect(await imagesOf("batch", "batch.ovh-mks/job=thumbnails")).toContain(`${address}/thumbnail:${version}`);
    });
  });
}
