/** Namespace of the batch Jobs and of the queues' runs. */
export const batchNamespace = "batch";
