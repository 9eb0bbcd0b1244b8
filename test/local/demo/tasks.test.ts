import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { readTasks } from "../../../local/demo/tasks";

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "demo-tasks-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A `mks-batch` that answers so. */
function answering(text: string, code: number): NodeJS.ProcessEnv {
  const script = `#!/bin/sh\n[ "$*" = "status thumbnails --json" ] || exit 2\ncat <<'END'\n${text}\nEND\nexit ${code}\n`;
  writeFileSync(join(folder, "mks-batch"), script, { mode: 0o755 });
  return { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) };
}

const rows = [
  { name: "a.mp4", status: "succeeded", attempts: 1, outputs: [{ key: "thumbnails/a.mp4.webm", bytes: 2048 }] },
  { name: "bad.mp4", status: "failed", attempts: 1, reason: "no video stream", outputs: [] },
];

it("answers every task, also when some have failed", async () => {
  await expect(readTasks("thumbnails", answering(JSON.stringify({ tasks: rows }), 1))).resolves.toEqual([
    { input: "a.mp4", output: "thumbnails/a.mp4.webm", bytes: 2048, status: "succeeded", reason: null },
    { input: "bad.mp4", output: null, bytes: null, status: "failed", reason: "no video stream" },
  ]);
});

it("fails when there is no such Job", async () => {
  await expect(readTasks("thumbnails", answering("", 3))).rejects.toThrow(/exit status 3/);
});
