import * as cloud from "./cloud";
import { Page } from "./page";

/** On a busy machine containerd may tell of the lack of memory only after the end: then it is a kill like any other, and not tried again. */
const toldLate = /exit status 137 \(killed, SIGKILL\)/;

/** docs/scenarios/out-of-memory.md */
export function outOfMemory(): void {
  describe("a task that runs out of memory", () => {
    const page = new Page("out-of-memory", cloud.env);
    const large = async () => (await cloud.status("hungry")).tasks.find(({ name }) => name === "large")!;

    it("is reported as such, with the memory it had and what to do", async () => {
      let { output } = await page.run("--retries 0", { fails: true });
      const words = ["--name", "hungry", "--task", "small:SIZE=8", "--task", "large:SIZE=32", "--memory", "32Mi", "--retries", "0"];
      for (let n = 1; n <= 3 && toldLate.test(output); n++)
        ({ output } = await cloud.submit(...words, "--retry-failed", "true", "--shell", 'take-memory "$SIZE"'));
      expect(output).toMatch(/large: OOMKilled: used more than its memory \(32Mi\); .*outOfMemory/);
      expect(output).toMatch(/1 of 2 tasks failed/);
      expect(await large()).toMatchObject({ status: "failed", attempts: 1, outOfMemory: true, memory: "32Mi" });
    });

    it("is tried again with more memory only when asked to, and the others are not", async () => {
      const { stdout, output } = await page.run("--out-of-memory");
      expect(output).toMatch(/2 tasks: 1 to run/);
      expect(stdout).toMatch(/hungry: complete/);
      expect(await large()).toMatchObject({ status: "succeeded", memory: "64Mi" });
      expect(page.unused).toEqual([]);
    });

    it("gives up at the most memory that it may have", async () => {
      const submit = (name: string) =>
        cloud.submit("--name", name, "--memory", "16Mi", "--out-of-memory", "2:40Mi", "--retries", "0", "--shell", "take-memory 32");
      let name = "greedy";
      let outcome = await submit(name);
      for (let n = 2; n <= 4 && toldLate.test(outcome.output); n++) outcome = await submit((name = `greedy-${n}`));
      expect(outcome.code).toBe(1);
      expect(outcome.output).toMatch(/OOMKilled: used more than its memory \(40Mi\)/);
      const [task] = (await cloud.status(name)).tasks;
      expect(task).toMatchObject({ status: "failed", memory: "40Mi", attempts: 3 });
    });
  });
}
