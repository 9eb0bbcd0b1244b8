import { deploy } from "./stacks";

// Pulumi awaits a function and takes its result as the outputs, but in CommonJS only where it is the whole module.
module.exports = deploy;
