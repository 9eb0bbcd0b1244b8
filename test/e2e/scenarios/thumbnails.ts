import { join } from "node:path";
import { makeSampleVideos } from "../../../local/demo/videos";
import { paths } from "../../../local/lib/paths";
import { ensureTools } from "../../../local/tools";
import * as cloud from "./cloud";
import { Page, runShell } from "./page";

/** docs/thumbnails.md: only new and changed videos make work. */
export function thumbnails(): void {
  describe("thumbnails of a bucket prefix", () => {
    // Nobody is there to say yes to `pulumi up`.
    const env = (): NodeJS.ProcessEnv => ({ ...cloud.env(), PULUMI_SKIP_CONFIRMATIONS: "true" });
    const page = new Page("../thumbnails", env);
    const put = async (video: string, sample: string): Promise<void> => {
      const { ffmpeg } = await ensureTools(cloud.progress, ["ffmpeg"]);
      await cloud.putObject(`videos/${video}`, join(await makeSampleVideos(paths.samples, ffmpeg, cloud.progress), sample));
    };
    const statuses = async () => Object.fromEntries((await cloud.status("thumbnails")).tasks.map(({ name, status }) => [name, status]));

    it("the first update has no videos, and nothing to do where all is there", async () => {
      const { output } = await page.run("pulumi up");
      expect(output).toContain("unchanged");
      expect(output).not.toMatch(/\d (created|updated|deleted|replaced)/);
    });

    it("the scoped user's credentials are an output of the stack", async () => {
      const { stdout } = await page.run("s3Credentials");
      const { accessKeyId, secretAccessKey } = cloud.outputs.access;
      expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toEqual({ accessKeyId, secretAccessKey });
    });

    it("the first videos are tasks of the next update", async () => {
      await put("a.mp4", "short.mp4");
      await put("b.mp4", "clock.mp4");
      await cloud.up();
      expect(await statuses()).toEqual({ "a.mp4": "succeeded", "b.mp4": "succeeded" });
    });

    it("ffmpeg, or what takes it over, reads nothing of the process that holds the keys", async () => {
      const [pod] = await cloud.podsOf("thumbnails");
      const image = await cloud.kubectl("get", "pod", pod!.name, "--output", "jsonpath={.spec.containers[0].image}");
      // The worker as it is, with this in the place of ffprobe: what it tells becomes the reason of the task.
      const spy = `#!/bin/sh
        try() { "$@" >/dev/null 2>&1 && echo read || echo denied; }
        echo "as $(id -u): environ $(try cat /proc/1/environ), mem $(try dd if=/proc/1/mem count=1), fd $(try ls /proc/1/fd)," \\
          "own $(try cat /proc/$$/environ), token $(try ls /var/run/secrets/kubernetes.io)," \\
          "found $(cat /proc/[0-9]*/environ /proc/[0-9]*/task/*/environ 2>/dev/null | grep -ac AWS_)" >&2
        exit 1`;
      const run = `mkdir /tmp/bin; printf '%s' "$SPY" >/tmp/bin/ffprobe; chmod +x /tmp/bin/ffprobe; PATH=/tmp/bin:$PATH exec node /app/main.cjs`;
      const job = `--name spy --image ${image} --env-from s3-credentials --cpu 100m --memory 128Mi --retries 0`.split(" ");
      const env = { SPY: spy, INPUT: "videos/a.mp4", OUTPUT: "thumbnails/spy.webm" };
      const words = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
      await cloud.batch("submit", ...job, ...words, "--", "sh", "-c", run);
      const [task] = (await cloud.status("spy")).tasks;
      expect(task!.reason).toContain("as 65532: environ denied, mem denied, fd denied, own read, token denied, found 0");
    });

    it("two added and one changed: the command line foretells three tasks, and three run", async () => {
      await put("a.mp4", "scroll.mov");
      await put("c.mp4", "vertical.mp4");
      await put("d.avi", "cells.avi");
      const before = await cloud.objectKeys("batch/thumbnails/records/");
      const { output } = await page.run("mks-batch cost");
      expect(output).toContain("4 tasks: 3 to run (1 changed, 2 new), 1 done before");
      const { lines } = await cloud.up();
      expect(lines.join("\n")).toContain("4 tasks: 3 to run (1 changed, 2 new), 1 done before");
      expect(await statuses()).toEqual({ "a.mp4": "succeeded", "b.mp4": "succeeded", "c.mp4": "succeeded", "d.avi": "succeeded" });
      expect(cloud.outputs.counts).toEqual({ total: 4, succeeded: 4, failed: 0, skipped: 1 });
      expect((await cloud.objectKeys("batch/thumbnails/records/")).length).toBe(before.length + 3);
      expect((await cloud.podsOf("thumbnails")).filter(({ phase }) => phase === "Succeeded").length).toBe(5);
    });

    it("another width would make all of them again", async () => {
      await page.run("config set");
      const { code, output } = await runShell("npm run local -- exec -- pulumi preview --stack local", env());
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/4 tasks: 4 to run/) as string });
    });

    it("the first Job of the README runs as it stands", async () => {
      await new Page("../../README", env).run("mks-batch submit");
      const { status, tasks } = await cloud.status("seeds");
      expect({ status, tasks: tasks.map(({ status }) => status) }).toEqual({ status: "complete", tasks: ["succeeded", "succeeded"] });
    });

    it("every command of the page was run", () => expect(page.unused).toEqual([]));
  });
}
