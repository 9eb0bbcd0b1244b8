import { Command } from "commander";
import { autoscaler } from "./autoscaler";
import { batch } from "./batch";
import { cli } from "./cli";
import { cold } from "./cold";
import { demo } from "./demo";
import { karpenter } from "./karpenter";
import { veryLarge } from "./large";
import { metrics } from "./metrics";
import { queueBenchmark } from "./queue";
import { queueSpringBenchmark } from "./queue/spring";
import { program as programBenchmark } from "./program";
import { type Benchmark, reached, renderFigures, writeResult } from "./harness/result";

const benchmarks: readonly Benchmark[] = [
  programBenchmark,
  demo,
  batch,
  veryLarge,
  queueBenchmark,
  queueSpringBenchmark,
  karpenter,
  autoscaler,
  metrics,
  cli,
  cold,
];

const command = new Command("npm run bench --")
  .description(
    `Measures and rewrites bench/results/NAME.json.\n\n${benchmarks.map((b) => `  ${b.name.padEnd(12)} ${b.description}`).join("\n")}`,
  )
  .argument("[names...]", "which benchmarks; all of them by default")
  .showHelpAfterError()
  .action(async (names: string[]) => {
    const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
    if (unknown.length > 0) {
      command.error(`error: no benchmark is called ${unknown.join(", ")}; there are: ${benchmarks.map((b) => b.name).join(", ")}`);
    }
    for (const benchmark of benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))) {
      console.log(`${benchmark.name}: ${benchmark.description}`);
      const figures = await benchmark.measure((line) => console.log(`  ${line}`));
      writeResult(benchmark.name, figures);
      console.log(renderFigures(figures));
      if (!figures.every(reached)) process.exitCode = 1;
    }
  });

command.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
