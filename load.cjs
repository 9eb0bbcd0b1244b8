// Loads this project's TypeScript without a build step: bundled by esbuild, and kept until a source changes. That starts in a
// third of the time that tsx takes, and a fifth of Pulumi's own way (ts-node, with the type checks that `npm test` does).
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { basename, dirname, join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script, constants } = require("node:vm");

/** What is loaded, and what it is made of. Each group is bundled on its own: a change of the command line costs Pulumi nothing. */
const groups = [
  // Pulumi's program, and the dynamic providers in their process.
  {
    name: "program",
    entries: [
      "index.ts",
      "components/batch/provider.ts",
      "components/karpenter/dynamic.ts",
      "components/keda/dynamic.ts",
      "components/metrics/providers.ts",
    ],
    sources: ["batch", "common", "components", "kubernetes", "stacks"],
  },
  {
    name: "cli",
    entries: ["cli/main.ts"],
    sources: ["autoscaler", "batch", "cli", "common", "kubernetes", "report", "service", "simulator"],
  },
];
const cache = join(module.path, "node_modules", ".cache", "ovh-mks-batch");

/** Answers the exports of one of the groups' entries. */
module.exports = function load(entry) {
  const group = groups.find(({ entries }) => entries.includes(entry));
  const folder = join(cache, `${group.name}-${version(group)}`);
  try {
    if (!existsSync(folder)) bundle(group, folder);
  } catch (error) {
    // Installed by somebody else, e.g. `sudo npm install --global`: it works, with 0.2 s more at each start.
    if (["EACCES", "EPERM", "EROFS"].includes(error.code)) return evaluate(entry);
    throw error;
  }
  return run(join(folder, `${bundleName(entry)}.cjs`));
};

/** Entries of one name in several folders get a bundle each. */
const bundleName = (entry) => entry.replace(/\.ts$/, "").replaceAll("/", "-");

const loadedFiles = new Map();

/** Answers the exports of a bundle, as require() does. With V8's code beside it, which halves the time in which a short command ends. */
function run(file) {
  const known = loadedFiles.get(file);
  if (known) return known.exports;
  const loaded = new Module(file, module);
  loaded.filename = file;
  loaded.paths = module.paths;
  // Code that was made with other flags (NODE_OPTIONS) is not taken, and compiled anew.
  const cachedData = existsSync(`${file}.code`) ? readFileSync(`${file}.code`) : undefined;
  const execute = compile(readFileSync(file, "utf8"), file, cachedData).runInThisContext();
  execute.call(loaded.exports, loaded.exports, Module.createRequire(file), loaded, file, dirname(file));
  loaded.loaded = true;
  loadedFiles.set(file, loaded);
  return loaded.exports;
}

/** Compiles a text as the function that require() makes of a file. Its lines keep their numbers. */
function compile(text, filename, cachedData) {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const whole = `(function (exports, require, module, __filename, __dirname) {\n${text}\n})`;
  return new Script(whole, { filename, lineOffset: -1, cachedData, importModuleDynamically });
}

/** V8's code of a bundle that will be called `filename`, that of functions that are not called at once included. */
function codeOf(text, filename) {
  setFlagsFromString("--no-lazy");
  let script;
  try {
    script = compile(text, filename);
  } finally {
    // Before the code is taken: it is good for one set of flags.
    setFlagsFromString("--lazy");
  }
  return script.createCachedData();
}

/** Changes with every change of a source or a package. */
function version({ entries, sources }) {
  // npm gives all files of a package the same time, so that its own version has to tell.
  const hash = createHash("sha256")
    .update(readFileSync(join(module.path, "package.json")))
    .update(process.version + process.arch);
  const add = (...path) => {
    const { mtimeMs, size } = statSync(join(module.path, ...path));
    hash.update(`${join(...path)}\0${mtimeMs}\0${size}\0`);
  };
  for (const file of [basename(module.filename), "package-lock.json", ...entries]) if (existsSync(join(module.path, file))) add(file);
  for (const folder of sources) {
    for (const file of filesIn(folder)) if (/\.(ts|json)$/.test(file)) add(file);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Files under a folder, as paths from here. `recursive` of readdirSync takes ten times as long, at every start. */
function filesIn(folder) {
  const entries = readdirSync(join(module.path, folder), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? filesIn(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`])).sort();
}

function build(options) {
  const { dependencies } = require("./package.json");
  return require("esbuild").buildSync({
    absWorkingDir: module.path,
    entryNames: "[name]",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    // Pulumi's must be the packages that Pulumi itself loads; all others load three times as fast from the bundle.
    external: Object.keys(dependencies).filter((name) => name.includes("pulumi")),
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: true,
    logLevel: "error",
    ...options,
  });
}

function bundle({ name, entries, sources }, folder) {
  mkdirSync(cache, { recursive: true });
  const unfinished = `${folder}.${process.pid}`;
  const entryPoints = Object.fromEntries(entries.map((entry) => [bundleName(entry), entry]));
  const { metafile } = build({ entryPoints, outdir: unfinished, metafile: true });
  const watched = ["node_modules", "package.json", ...entries, ...sources];
  // Outside this folder there are packages only: npm puts them beside this one where it is a dependency.
  const own = Object.keys(metafile.inputs).filter((file) => !file.startsWith("../"));
  const unwatched = own.filter((file) => !watched.some((path) => file === path || file.startsWith(`${path}/`)));
  // A change of such a file would go unnoticed.
  if (unwatched.length > 0) throw new Error(`load.cjs: sources of '${name}' lack the folders of ${unwatched.join(", ")}`);
  for (const file of readdirSync(unfinished))
    if (file.endsWith(".cjs")) {
      const text = readFileSync(join(unfinished, file), "utf8");
      writeFileSync(join(unfinished, `${file}.code`), codeOf(text, join(folder, file)));
    }
  const others = groups.filter((group) => group.name !== name);
  for (const old of readdirSync(cache)) {
    if (old.includes(".") || others.some((other) => old.startsWith(other.name))) continue;
    rmSync(join(cache, old), { recursive: true, force: true });
  }
  // Pulumi may load the program twice at once; either bundle is good.
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Loads an entry without keeping its bundle. */
function evaluate(entry) {
  const [{ text }] = build({ entryPoints: [entry], outdir: cache, write: false, sourcemap: false }).outputFiles;
  const loaded = new Module(join(module.path, basename(entry)), module);
  loaded.paths = module.paths;
  loaded._compile(text, loaded.id);
  return loaded.exports;
}
