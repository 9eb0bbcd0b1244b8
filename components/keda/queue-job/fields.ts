/** Schemas of a queue's parameters, for settings that have the same rules. */
export { own, queueFields } from "../../../batch/spec/queue/fields";
export { postgresql } from "../../../batch/spec/queue/triggers";
