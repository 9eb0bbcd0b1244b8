/** Most nodes that a cluster may have, all pools together, by its plan. */
export const nodesOfPlan = { free: 100, standard: 500 } as const;

/** Most nodes of a pool with `antiAffinity`: OVHcloud gives it no more. */
export const nodesWithAntiAffinity = 5;

/** Most nodes of a pool that does not say it. */
export const defaultMaxNodes = 100;
