// Loads the program, which is TypeScript.
require("tsx/cjs");
module.exports = require("./index.ts");
