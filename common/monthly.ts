/** True for a flavor that OVHcloud bills by the month: those of the generation 2. */
export const isMonthlyFlavor = (flavor: string): boolean => /^[bcr]2-/.test(flavor);

export const monthlyRule = (flavor: string): string =>
  `must be false with the flavor ${flavor}: OVHcloud bills only b2, c2 and r2 by the month; a Savings Plan lowers the price of the others`;
