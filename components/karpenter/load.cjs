// Loads the providers from TypeScript in the dynamic providers' process, which is plain Node.js (see components/pulumi/provider-text.ts).
module.exports = require("../../load.cjs")("components/karpenter/dynamic.ts");
