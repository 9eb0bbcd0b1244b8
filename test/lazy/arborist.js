// Pulumi's SDK loads the resolver of npm's packages, for programs that serialise functions. That takes as long as the rest of the SDK, and no test needs it.
module.exports = {
  __esModule: true,
  get Arborist() {
    return require("../../node_modules/@npmcli/arborist/lib/index.js").Arborist;
  },
};
