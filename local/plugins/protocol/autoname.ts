import { createHash, randomBytes } from "node:crypto";

/** `<name>-<7 hex>`, as the official plugins name what the program leaves unnamed. The same seed gives the same name. */
export function autoname(name: string, seed: Uint8Array): string {
  const source = seed.length > 0 ? createHash("sha256").update(seed).digest("hex") : randomBytes(4).toString("hex");
  return `${name}-${source.slice(0, 7)}`;
}
