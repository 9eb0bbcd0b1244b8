// Loads the provider from TypeScript in the dynamic provider's process, which is plain Node.js (see batch-job.ts).
require("tsx/cjs");
module.exports = require("./provider.ts").provider;
