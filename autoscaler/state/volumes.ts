import { type Pod, type Shape } from "./model";
import { type NodeSelectorTerm } from "./node-selector";
import { type Storage } from "./storage";

/** Where one claim's volume is, or can be made. */
interface Site {
  readonly key: string;
  readonly terms: readonly NodeSelectorTerm[];
}

/**
 * Tells the shape of a pod together with where its volumes let it run. Undefined for a pod that the scheduler does not place on any node yet: a claim of it
 * is missing, or is bound before a pod may use it and has not been. Pods with the same answer get the same object.
 * @param storage undefined: volumes do not count
 */
export function located(storage: Storage | undefined): (pod: Pod) => Shape | undefined {
  if (!storage) return ({ shape }) => shape;
  const sites = sitesOf(storage);
  const shapes = new Map<string, Shape>();
  return ({ shape, claims }) => {
    if (!claims) return shape;
    const found = claims.map((id) => sites().get(id));
    if (found.includes(undefined)) return undefined;
    const bounds = new Map((found as Site[]).flatMap(({ key, terms }) => (terms.length > 0 ? [[key, terms] as const] : [])));
    if (bounds.size === 0) return shape;
    const key = `${shape.key} ${[...bounds.keys()].sort().join()}`;
    let known = shapes.get(key);
    if (!known) shapes.set(key, (known = { ...shape, key, volumes: [...bounds.values()] }));
    return known;
  };
}

/** The sites of all claims that a pod can use, by their ids; found when the first is asked for. */
function sitesOf({ claims, volumes, classes }: Storage): () => ReadonlyMap<string, Site> {
  const siteOf = (terms: readonly NodeSelectorTerm[]): Site => ({ key: JSON.stringify(terms), terms });
  let sites: ReadonlyMap<string, Site> | undefined;
  return () => {
    if (sites) return sites;
    const ofVolumes = new Map(volumes.map(({ name, affinity }) => [name, siteOf(affinity)]));
    const ofClasses = new Map(classes.flatMap(({ name, waits, topologies }) => (waits ? [[name, siteOf(topologies)] as const] : [])));
    const known = claims.flatMap(({ id, volume, storageClass = "" }) => {
      const site = volume === undefined ? ofClasses.get(storageClass) : ofVolumes.get(volume);
      return site ? [[id, site] as const] : [];
    });
    return (sites = new Map(known));
  };
}
