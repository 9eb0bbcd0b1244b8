import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call } from "../../../local/plugins/protocol/provider";

export interface RecordedCall extends Call {
  readonly statuses: string[];
  cancel(): void;
}

/** A call as the engine makes it; statuses are recorded. */
export function fakeCall(name: string, overrides: Partial<Call> = {}): RecordedCall {
  const cancelled = new AbortController();
  const statuses: string[] = [];
  return {
    urn: `urn:pulumi:test::project::type::${name}`,
    type: "type",
    name,
    preview: false,
    timeout: undefined,
    signal: cancelled.signal,
    ignoreChanges: [],
    log: () => undefined,
    status: (message) => statuses.push(message),
    ...overrides,
    statuses,
    cancel: () => cancelled.abort(),
  };
}

export const seed = new Uint8Array([1, 2, 3]);

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "plugins-test-"));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
