const base = require("./jest.config.js");

/** @type {import("jest").Config} */
module.exports = {
  ...base,
  roots: ["<rootDir>/test/e2e"],
  testPathIgnorePatterns: [],
  // Suites mostly wait: two run side by side, each on a local cloud of its own.
  maxWorkers: 2,
  setupFiles: ["<rootDir>/test/e2e/lane.ts"],
  testSequencer: "<rootDir>/test/e2e/sequencer.js",
  globalTeardown: "<rootDir>/test/e2e/teardown.ts",
  // The steps of one file build on each other: the first failure ends it.
  bail: 1,
  verbose: true,
  testTimeout: 15 * 60_000,
};
