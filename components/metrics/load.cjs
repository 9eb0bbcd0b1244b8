// Loads the providers from TypeScript in the dynamic providers' process, which is plain Node.js (see provider-text.ts).
module.exports = require("../../load.cjs")("components/metrics/providers.ts");
