const base = require("./jest.config.js");

/** @type {import("jest").Config} */
module.exports = {
  ...base,
  roots: ["<rootDir>/test/e2e"],
  testPathIgnorePatterns: [],
  // The steps of one file build on each other: the first failure ends it.
  bail: 1,
  verbose: true,
  testTimeout: 15 * 60_000,
};
