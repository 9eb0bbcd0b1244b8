import type { State, SubnetRecord } from "../state/model";

/** A subnet of a network in a region. @param networkId OpenStack id of the network in the region */
export function subnetIn(state: State, region: string, networkId: string, subnetId: string): SubnetRecord | undefined {
  return Object.values(state.networks)
    .filter(({ regions }) => regions.some((one) => one.region === region && one.openstackId === networkId))
    .flatMap(({ subnets }) => subnets)
    .find((subnet) => subnet.id === subnetId && subnet.region === region);
}
