import { mayRunOn, type Place, selects } from "../state/matching";
import { type Labels, type Pod, type Shape, type TopologyRule } from "../state/model";

/** A place with an identity, by which nodes still to be ordered differ too. */
export interface Site {
  readonly id: string;
  readonly place: Place;
}

/** Pods for which all the rules give the same answer. */
export interface Kind {
  readonly shape: Shape;
  readonly namespace: string;
  readonly labels: Labels;
}

/** How many pods a rule selects in each domain, and how many pods that have the rule are in each. */
interface Tally {
  readonly rule: TopologyRule;
  readonly selected: Map<string, number>;
  readonly owners: Map<string, number>;
}

export interface Scope {
  /** How many more pods may be put there, one after the other, before this has to be asked again. */
  allowance(site: Site): number;
  /** Notes that pods were put there; a negative number takes it back. */
  record(site: Site, pods: number): void;
  /** Takes in a site that came later. */
  join(site: Site): void;
}

const free: Scope = { allowance: () => Infinity, record: () => undefined, join: () => undefined };

const hostname = "kubernetes.io/hostname";
const none: readonly TopologyRule[] = [];

export const namespaceOf = (pod: Pod): string => pod.id.slice(0, pod.id.indexOf("/"));

/**
 * Pod affinity, anti-affinity and topology spread, as the scheduler judges them: what pods are in which domain, kept up to date while
 * pods are placed. Without any such rule in the snapshot it costs nothing.
 */
export class Topology {
  private readonly tallies = new Map<string, Tally>();
  private readonly selections = new WeakMap<Labels, Map<string, readonly Tally[]>>();

  /** @param nodes all of them by name, those too that get no pods: the scheduler counts them as domains */
  constructor(
    pods: readonly Pod[],
    private readonly nodes: ReadonlyMap<string, Site>,
  ) {
    for (const { shape, node } of pods) {
      // A preference or need of a running pod is no rule for others; what it cannot bear is.
      for (const rule of shape.topology ?? none) if (node === undefined || rule.kind === "antiAffinity") this.tally(rule);
    }
    if (this.tallies.size === 0) return;
    for (const pod of pods) {
      const site = pod.node === undefined ? undefined : nodes.get(pod.node);
      if (site) this.record({ shape: pod.shape, namespace: namespaceOf(pod), labels: pod.labels ?? {} }, site, 1);
    }
  }

  /** Tells kinds apart that the rules treat differently. */
  signature(labels: Labels, namespace: string): string {
    if (this.tallies.size === 0) return "";
    const keys = [...this.tallies.keys()];
    const selecting = new Set(this.selecting(labels, namespace).map(({ rule }) => ruleKey(rule)));
    return keys.map((key) => (selecting.has(key) ? "1" : "0")).join("") + ` ${namespace}`;
  }

  /** The rules as pods of one kind meet them on the nodes. @param sites others that they may meet */
  on(kind: Kind, sites: () => Iterable<Site>): Scope {
    if (this.tallies.size === 0) return free;
    const selecting = this.selecting(kind.labels, kind.namespace);
    const rules = (kind.shape.topology ?? none).map((rule) => ({ tally: this.tally(rule), domains: new Set<string>() }));
    const spreads = rules.flatMap(({ tally: { rule }, domains }) =>
      rule.kind === "spread" ? [{ key: rule.key, domains, shape: countedBy(rule, kind.shape) }] : [],
    );
    const join = (site: Site): void => {
      if (spreads.some(({ key }) => domainOf(site, key) === undefined)) return;
      for (const { key, domains, shape } of spreads) if (mayRunOn(shape, site.place)) domains.add(domainOf(site, key)!);
    };
    if (spreads.length > 0) for (const site of [...this.nodes.values(), ...sites()]) join(site);
    return {
      join,
      allowance(site) {
        let allowed = Infinity;
        for (const { rule, owners } of selecting) {
          if (rule.kind === "antiAffinity" && (owners.get(domainOf(site, rule.key) ?? "") ?? 0) > 0) return 0;
        }
        for (const { tally, domains } of rules) {
          allowed = Math.min(allowed, allowedBy(tally, site, selecting.includes(tally), domains));
        }
        return allowed;
      },
      record: (site, pods) => this.record(kind, site, pods),
    };
  }

  private record(kind: Kind, site: Site, pods: number): void {
    if (pods === 0) return;
    for (const tally of this.selecting(kind.labels, kind.namespace)) bump(tally.selected, domainOf(site, tally.rule.key), pods);
    for (const rule of kind.shape.topology ?? none) {
      if (rule.kind === "antiAffinity") bump(this.tally(rule).owners, domainOf(site, rule.key), pods);
    }
  }

  private tally(rule: TopologyRule): Tally {
    const key = ruleKey(rule);
    let tally = this.tallies.get(key);
    if (!tally) this.tallies.set(key, (tally = { rule, selected: new Map(), owners: new Map() }));
    return tally;
  }

  /** The rules that select a pod with these labels. */
  private selecting(labels: Labels, namespace: string): readonly Tally[] {
    let known = this.selections.get(labels);
    if (!known) this.selections.set(labels, (known = new Map<string, readonly Tally[]>()));
    let found = known.get(namespace);
    if (!found) {
      found = [...this.tallies.values()].filter(
        ({ rule: { namespaces, selector } }) => (namespaces?.includes(namespace) ?? true) && selects(selector, labels),
      );
      known.set(namespace, found);
    }
    return found;
  }
}

function allowedBy({ rule, selected }: Tally, site: Site, selectsItself: boolean, domains: ReadonlySet<string>): number {
  const domain = domainOf(site, rule.key);
  const there = domain === undefined ? 0 : (selected.get(domain) ?? 0);
  switch (rule.kind) {
    case "antiAffinity":
      if (domain === undefined) return Infinity;
      return there > 0 ? 0 : selectsItself ? 1 : Infinity;
    case "affinity":
      if (domain === undefined) return 0;
      // The first pod of a group that wants to be together may go anywhere.
      return there > 0 || (selectsItself && isEmpty(selected)) ? Infinity : 0;
    case "spread": {
      if (domain === undefined) return 0;
      // The site is a domain, new or not.
      const number = domains.size + (domains.has(domain) ? 0 : 1);
      let least = number < (rule.minDomains ?? 1) ? 0 : there;
      for (const name of domains) least = Math.min(least, selected.get(name) ?? 0);
      if (selectsItself) return Math.max(0, rule.maxSkew + least - there);
      return there - least <= rule.maxSkew ? Infinity : 0;
    }
  }
}

/**
 * What has to hold for a node to be a domain of a spread: volumes never count, the node affinity does unless told otherwise, taints only if told so.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
const countedBy = ({ anyNode, honorsTaints }: TopologyRule, shape: Shape): Shape => ({
  ...shape,
  volumes: [],
  ...(anyNode && { nodeSelector: {}, affinity: [] }),
  ...(!honorsTaints && { tolerations: [{ operator: "Exists" }] }),
});

/** Nodes have a host name each, whatever is known of their labels. */
const domainOf = ({ id, place }: Site, key: string): string | undefined => (key === hostname ? id : place.labels[key]);

const keys = new WeakMap<TopologyRule, string>();

function ruleKey(rule: TopologyRule): string {
  let key = keys.get(rule);
  if (key === undefined) keys.set(rule, (key = JSON.stringify(rule)));
  return key;
}

const isEmpty = (counts: ReadonlyMap<string, number>): boolean => [...counts.values()].every((count) => count === 0);

function bump(counts: Map<string, number>, domain: string | undefined, by: number): void {
  if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + by);
}
