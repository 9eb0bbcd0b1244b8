// Loads the TypeScript program without a build step, and without ts-node, which takes seconds.
const { dirname, join } = require("node:path");

// Pulumi's SDK loads the TypeScript compiler and half of npm with it, for dynamic providers that are closures of the
// program (see "closure" in the SDK). Ours is not one, so these modules come only if they are asked for: 0.4 s less per run.
const closures = join(dirname(require.resolve("@pulumi/pulumi/runtime")), "closure");
loadLazily(join(closures, "serializeClosure.js"), ["serializeFunction", "serializeFunctionAsync"]);
loadLazily(join(closures, "codePaths.js"), ["computeCodePaths", "findWorkspaceRoot"]);

require("tsx/cjs");
module.exports = require("./index.ts");

/** Puts functions in the module's place that load the real one when they are called. */
function loadLazily(file, names) {
  const call =
    (name) =>
    (...args) => {
      if (require.cache[file] === stub) delete require.cache[file];
      return require(file)[name](...args);
    };
  const stub = { id: file, filename: file, loaded: true, exports: Object.fromEntries(names.map((name) => [name, call(name)])) };
  require.cache[file] = stub;
}
