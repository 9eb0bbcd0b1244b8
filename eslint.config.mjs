import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * Which way imports go (docs/architecture.md): a folder imports from those after it in its list, and from none before it. `*` is the files of the folder itself.
 * Besides, `local`, `components` and `autoscaler` import nothing of each other, so that local/ can be deleted; it may import kubernetes and common.
 * `service` is for programs in the cluster alone.
 */
const layers = {
  "": [
    "index.ts",
    "bench",
    "stacks",
    "cli",
    "controller",
    "components",
    "report",
    "batch",
    "simulator",
    "autoscaler",
    "images",
    "local",
    "service",
    "kubernetes",
    "common",
  ],
  batch: ["*", "run", "watch", "jobs", "records", "cost", "spec", "storage"],
  autoscaler: ["*", "actuation", "observability", "decision", "scale-down", "scheduling", "node-template", "fleet", "cloud", "state"],
  simulator: ["plots", "*", "policies", "bounds", "cluster", "traces"],
  cli: ["*", "commands", "input", "connection", "terminal"],
};
const apart = {
  components: ["simulator", "autoscaler", "local", "service"],
  stacks: ["batch", "simulator", "autoscaler", "local", "service", "kubernetes"],
  batch: ["simulator", "autoscaler", "local", "service"],
  report: ["simulator", "autoscaler", "local", "service"],
  cli: ["stacks", "controller", "components", "local", "service"],
  controller: ["stacks", "components", "simulator", "autoscaler", "local"],
  autoscaler: ["local"],
  simulator: ["local", "service"],
  local: ["service"],
  images: ["local"],
};

const path = (base, folder) => `./${[base, folder].filter(Boolean).join("/")}`;
const zones = [
  ...Object.entries(layers).flatMap(([base, folders]) =>
    folders.flatMap((target, place) =>
      folders.slice(0, place).map((from) => ({ target: path(base, target), from: path(base, from === "*" ? "*.ts" : from) })),
    ),
  ),
  ...Object.entries(apart).flatMap(([target, folders]) => folders.map((from) => ({ target: path(target), from: path(from) }))),
];

export default tseslint.config(
  { ignores: ["node_modules/", ".local/", ".local-*/", "**/dist/", "local/tools/go/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    // Those of its rules that need types are checked natively, by oxlint (.oxlintrc.json): a fifth of the time.
    extends: [...tseslint.configs.recommended],
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-duplicates": ["error", { "prefer-inline": true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.mjs", "**/*.js", "**/*.cjs"],
    languageOptions: {
      globals: {
        console: "readonly",
        process: "readonly",
        module: "writable",
        require: "readonly",
        Buffer: "readonly",
        setInterval: "readonly",
        clearInterval: "readonly",
        URL: "readonly",
      },
    },
  },
  { files: ["**/*.js", "**/*.cjs"], languageOptions: { sourceType: "commonjs" } },
);
