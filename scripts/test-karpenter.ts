/** Checks and tests the Karpenter provider (karpenter/, in Go): `npm run test:karpenter [-- flags of go test]`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, totalmem } from "node:os";
import { main, UserError } from "../local/lib/errors";
import { moduleFolder, thrift } from "../local/tools/build";
import { startEmulator } from "../test/karpenter/emulator";

/** As the program is built (local/tools/build.ts), so that Go compiles Karpenter's packages once for both. */
const flags = ["-mod=readonly", "-trimpath", "-gcflags", "all=-dwarf=false"];

async function go(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<void> {
  console.log(`go ${args.join(" ")}`);
  const child = spawn("go", args, {
    cwd: moduleFolder("karpenter"),
    env: { ...process.env, ...thrift(totalmem(), availableParallelism()), CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", ...variables },
    stdio: "inherit",
  });
  const [code] = (await once(child, "close").catch((error: unknown) => {
    throw new UserError(`go cannot be started (${String(error)}): install Go 1.26 or later from https://go.dev/dl/`);
  })) as [number | null];
  if (code !== 0) throw new UserError(`go ${args[0]} has found faults`);
}

/** The race detector needs a C compiler, and all that a package imports built anew: only the package that is about concurrency has it. */
const hasCompiler = (): boolean => spawnSync("gcc", ["--version"], { stdio: "ignore" }).status === 0;

main(async () => {
  // Nearly all that is compiled is compiled here: Go takes one package at a time from GOMAXPROCS=1. The tests share an emulator, and stay one at a time.
  await go(["vet", ...flags, "-p", String(availableParallelism()), "./..."]);
  // Half a minute alone on two cores; ten, Go's limit, are too few beside builds.
  const emulator = await startEmulator();
  try {
    await go(["test", ...flags, "-timeout", "30m", ...process.argv.slice(2), "./..."], emulator.variable);
  } finally {
    await emulator.close();
  }
  if (hasCompiler()) await go(["test", "-race", "./shared"], { CGO_ENABLED: "1" });
  else console.log("There is no gcc: the race detector is left out.");
});
