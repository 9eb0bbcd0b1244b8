// A few dependencies are published as ES modules only; jest runs CommonJS, so swc transforms them too.
const esModules = ["@kubernetes/client-node", "jsonpath-plus", "openid-client", "oauth4webapi", "jose"];

// Node 20 is supported by this project, and the SDK would say at each start that it will not be for ever.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["<rootDir>/test/e2e/"],
  modulePathIgnorePatterns: ["<rootDir>/\\.local"],
  transform: { "\\.[cm]?[jt]s$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }] },
  // What Pulumi's SDK loads and hardly any test uses.
  moduleNameMapper: { "^@npmcli/arborist$": "<rootDir>/test/lazy/arborist.js", "/typescript-shim$": "<rootDir>/test/lazy/typescript.js" },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join("|")})/)`],
  // By default a core is left to nobody, which on two cores halves the speed.
  maxWorkers: "100%",
  // No test is about speed: only one that hangs is to end.
  testTimeout: 120_000,
};
