import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * Which way imports go (docs/architecture.md): index → stacks → components → batch; cli → batch, and autoscaler for `simulate`;
 * autoscaler, local and components import nothing of each other, so that local/ can be deleted.
 */
const forbidden = {
  "./batch": ["./autoscaler", "./cli", "./components", "./local", "./stacks", "./bench"],
  "./components": ["./autoscaler", "./cli", "./local", "./stacks", "./bench"],
  "./stacks": ["./autoscaler", "./batch", "./cli", "./local", "./bench"],
  "./cli": ["./components", "./local", "./stacks", "./bench"],
  "./autoscaler": ["./batch", "./cli", "./components", "./local", "./stacks", "./bench"],
  "./images": ["./autoscaler", "./batch", "./cli", "./components", "./local", "./stacks", "./bench"],
  "./local": ["./autoscaler", "./batch", "./cli", "./components", "./stacks", "./bench"],
  "./index.ts": ["./autoscaler", "./batch", "./cli", "./components", "./local", "./bench"],
};

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
      "import-x/no-restricted-paths": [
        "error",
        { zones: Object.entries(forbidden).flatMap(([target, sources]) => sources.map((from) => ({ target, from }))) },
      ],
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
