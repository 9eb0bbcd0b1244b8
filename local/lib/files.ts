import { renameSync, writeFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";

/** Replaces a file so that a crash at any moment leaves the old content or the new one, never a mixture. Readable by its owner only. */
export async function writeAtomic(file: string, content: string): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** Replaces a file at once: whoever reads it, also after a crash of this process, finds the old text or the new one. Only its owner may read it. */
export function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
