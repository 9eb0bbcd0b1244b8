// Loads the provider from TypeScript in the dynamic provider's process, which is plain Node.js (see batch-job.ts).
module.exports = require("../../load.cjs")("components/batch/provider.ts").provider;
