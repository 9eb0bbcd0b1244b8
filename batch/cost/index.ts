/** What a batch Job will cost and has cost: node-hours by OVHcloud's rules, and their price where one can be had. */
export { actualCost, type Cost } from "./actual";
export { billingOf, type PriceSettings } from "./config";
export { estimate, type Estimate, tasksPerNode, type Workload } from "./estimate";
export {
  allocatableOf,
  type Amounts,
  gpuResource,
  largestOf,
  poolFacts,
  type PoolFacts,
  type Price,
  type PricedPool,
  withPrice,
} from "./pool";
export { type Span } from "./span";
