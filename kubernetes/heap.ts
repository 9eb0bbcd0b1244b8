import { setFlagsFromString } from "node:v8";

/**
 * Keeps the process small while it reads gigabytes of JSON, of which it keeps little: V8 would let the garbage grow to several times what is alive
 * before it looks, and the young generation has grown to 32 MiB when a large program is loaded: the next full collection gives those back. All this at no
 * more time. There are no other flags of this kind that a running process can still set, and Pulumi starts the dynamic provider's. To be called when there
 * is much to read: it makes the start of a short command slower.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=20");
}
