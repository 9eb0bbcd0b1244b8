/** The taint of the pools for batch Jobs, which keeps pods of others away, OVHcloud's own among them. All that this program places on a pool tolerates it. */
export const dedicatedTaint = "pool.ovh-mks-batch/dedicated";
