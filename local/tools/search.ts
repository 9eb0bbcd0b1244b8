import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where administration commands lie on systems that keep them off an ordinary user's PATH. */
const adminFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The absolute path of a command, or undefined. */
export function findCommand(name: string, path: string = process.env.PATH ?? ""): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith("/")), ...adminFolders];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/** The first of `candidates` that has `file` in it. */
export function findFolder(candidates: readonly string[], file: string): string | undefined {
  return candidates.find((folder) => existsSync(join(folder, file)));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
