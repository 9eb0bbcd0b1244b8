import { join } from "node:path";

/** Folder of a volume's files. Undefined for an id that no volume has: anyone can write a PersistentVolume, with any id. */
export const volumeFolder = (folder: string, handle: string): string | undefined =>
  /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(handle) ? join(folder, handle) : undefined;
