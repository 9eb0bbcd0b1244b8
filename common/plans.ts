/** Most nodes that a cluster may have, all pools together, by its plan. */
export const nodesOfPlan = { free: 100, standard: 500 } as const;
