/** `npm run test:java`: runs the tests of the Java programs under `images/`, and puts the programs into the cache. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { main } from "../lib/errors";
import { paths } from "../lib/paths";
import { createProgress } from "../lib/progress";
import { testProgram } from "./programs";

main(async () => {
  const images = join(paths.root, "images");
  const projects = readdirSync(images).map((name) => join(images, name));
  // One without classes of its own has no tests.
  const tested = projects.filter((folder) => existsSync(join(folder, "pom.xml")) && existsSync(join(folder, "src")));
  for (const folder of tested) await testProgram(folder, createProgress());
});
