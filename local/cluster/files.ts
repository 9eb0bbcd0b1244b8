import { renameSync, writeFileSync } from "node:fs";

/** Replaces a file at once: whoever reads it, also after a crash, finds the old text or the new one. Only its owner may read it. */
export function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
