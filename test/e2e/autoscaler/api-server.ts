import { atZero, desired, nodesOf, restartApiServer, until, watchSizes } from "./cloud";
import { begun, done, release, submit } from "./tasks";

export function apiServer(): void {
  it("the API server is restarted while nodes boot, while tasks run, and while nodes are drained", async () => {
    const sizes = watchSizes("compute");
    const job = await submit({ pools: ["compute"], tasks: 8, held: 8 });
    await until("nodes are ordered", async () => (await desired("compute")) > 0);
    await restartApiServer();
    await until("all tasks run", () => begun(job) === 8);
    await restartApiServer();
    release(job);
    await until("a node is drained", async () => (await nodesOf("compute")).some(({ spec }) => spec?.unschedulable));
    await restartApiServer();
    expect(await done(job)).toEqual([]);
    await atZero("compute");
    expect(Math.max(...(await sizes()))).toBe(2);
  });
}
