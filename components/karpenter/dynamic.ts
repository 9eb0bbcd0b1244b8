/** The dynamic providers of this folder, which load.cjs loads in a process that the engine starts. */
export { cleanUpProvider as cleanUp } from "./clean-up/provider";
