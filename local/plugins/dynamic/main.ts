// The SDK's own host of dynamic providers, bundled like the stand-ins: it starts with every update, and six times as fast.
import "@pulumi/pulumi/cmd/dynamic-provider";
import { createRequire } from "node:module";
import { join } from "node:path";
import { preloadVariable } from "./ahead";

// Where the language host has started it ahead (./ahead.ts), it loads the provider while the program loads, and ends with the language host.
const provider = process.env[preloadVariable];
if (provider !== undefined) {
  process.stdin.on("end", () => process.exit(0)).resume();
  try {
    createRequire(join(process.cwd(), "package.json"))(provider);
  } catch {
    // The program tells it, when it declares a resource of this provider.
  }
}
