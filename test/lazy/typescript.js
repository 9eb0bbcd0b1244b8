// Pulumi's SDK loads TypeScript, for programs with functions to serialise. Tests that have none do without it.
module.exports = new Proxy({}, { get: (_, key) => require("typescript")[key] });
