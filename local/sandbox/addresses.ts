import { addressAt, formatRange, parseRange, subrange } from "../../common/cidr";

/** The ranges of {@link ../lib/settings.Settings} that the addresses follow from. */
export interface Ranges {
  readonly nodeCidr: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** Nodes are numbered from 1; their addresses start at .11. */
const firstNode = 10;

/** Load balancers are numbered from 1; their addresses start at .101. */
const firstBalancer = 100;

/** How many load balancers there can be: a node range of the smallest size has as many addresses left. */
export const mostBalancers = 150;

/** Who has which address: the host .1, the control plane .2, the nodes from .11 and load balancers from .101 of the node range; the first two Services by convention. */
export function addresses(ranges: Ranges) {
  const nodes = parseRange(ranges.nodeCidr);
  const pods = parseRange(ranges.podCidr);
  const services = parseRange(ranges.serviceCidr);
  return {
    prefix: nodes.prefix,
    /** The host's end of the veth. */
    host: addressAt(nodes, 1),
    controlPlane: addressAt(nodes, 2),
    node: (index: number) => addressAt(nodes, firstNode + index),
    balancer: (index: number) => addressAt(nodes, firstBalancer + index),
    podRange: (index: number) => formatRange(subrange(pods, 24, index)),
    kubernetesService: addressAt(services, 1),
    dnsService: addressAt(services, 10),
  };
}
