// Pulumi's entry point (see Pulumi.yaml): loads the program, and nothing that it does not need.
const { dirname, join } = require("node:path");

// Pulumi's SDK brings the TypeScript compiler, half of npm and its automation API along, for programs that drive Pulumi or
// serialise closures. This one does neither, so they come only if they are asked for: 0.5 s less with every run.
const sdk = dirname(require.resolve("@pulumi/pulumi"));
loadLazily(join(sdk, "runtime", "closure", "serializeClosure.js"), ["serializeFunction", "serializeFunctionAsync"]);
loadLazily(join(sdk, "runtime", "closure", "codePaths.js"), ["computeCodePaths", "findWorkspaceRoot"]);
loadLazily(join(sdk, "automation", "index.js"));

// It also takes a stack trace for each resource and promise, and looks up the source of each frame: 0.3 s. Only those of real
// errors, which have a message, are ever shown.
const trace = Error.prepareStackTrace;
if (trace) Error.prepareStackTrace = (error, frames) => (error.message === "" ? String(error) : withPackages(trace(error, frames)));

module.exports = require("./load.cjs")("index.ts");

/**
 * The SDK's source maps leave its own folder out, so that what is thrown while a stack is made has a frame in `node_modules/@pulumi/resource.ts`. The
 * util.inspect() of Node 20 takes what follows node_modules for a package and looks for the end of its name: where there is none, it never ends, and
 * takes gigabytes of memory. `/./` ends the name.
 */
function withPackages(stack) {
  return stack.replace(/^ {4}at .*([/\\])node_modules\1(?:@[^/\\\n]*\1)?(?=[^/\\\n]*$)/gm, "$&.$1");
}

/** Puts a stub in the module's place that loads the real one when something of it is used. Its functions are named if they are re-exported. */
function loadLazily(file, names = []) {
  const real = () => {
    if (require.cache[file] === stub) delete require.cache[file];
    return require(file);
  };
  const functions = names.map((name) => [name, (...args) => real()[name](...args)]);
  const known = { __esModule: true, ...Object.fromEntries(functions) };
  const stub = { id: file, filename: file, loaded: true, exports: new Proxy(known, { get: (_, name) => known[name] ?? real()[name] }) };
  require.cache[file] = stub;
}
