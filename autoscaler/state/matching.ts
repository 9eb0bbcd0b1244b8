import { type Labels, type Shape, type Taint, type Toleration } from "./model";
import { type NodeSelectorTerm, type Requirement } from "./node-selector";

/** A node, or what a pool's next node will look like, in the scheduler's eyes. */
export interface Place {
  /** Undefined for a node that does not exist yet. */
  readonly name: string | undefined;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** Keys of shapes of which is known that nodes like this are no use to them. @default none */
  readonly refused?: ReadonlySet<string>;
}

/** Whether the scheduler may put a pod of this shape there, room aside. Preferences are no obstacle. */
export function mayRunOn(shape: Shape, place: Place): boolean {
  return (
    isChosenBy(shape, place) &&
    !place.refused?.has(shape.key) &&
    place.taints.every(
      (taint) => taint.effect === "PreferNoSchedule" || shape.tolerations.some((toleration) => tolerates(toleration, taint)),
    )
  );
}

/** Whether the node selector, the node affinity and the volumes of the shape name the place, taints aside. */
export function isChosenBy(shape: Shape, place: Place): boolean {
  for (const key in shape.nodeSelector) if (place.labels[key] !== shape.nodeSelector[key]) return false;
  return anyMatches(shape.affinity, place) && (shape.volumes?.every((terms) => anyMatches(terms, place)) ?? true);
}

/** No terms ask for nothing. */
const anyMatches = (terms: readonly NodeSelectorTerm[], place: Place): boolean =>
  terms.length === 0 || terms.some((term) => termMatches(term, place));

/** Whether a label selector, all of whose requirements must hold, selects these labels. */
export const selects = (selector: readonly Requirement[], labels: Labels): boolean =>
  selector.every((requirement) => holds(requirement, labels[requirement.key]));

function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, place: Place): boolean {
  // A term without requirements matches no node.
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => holds(requirement, place.labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === "metadata.name" && holds(requirement, place.name))
  );
}

function holds({ operator, values = [] }: Requirement, actual: string | undefined): boolean {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
      return actual !== undefined && Number(actual) > Number(values[0]);
    case "Lt":
      return actual !== undefined && Number(actual) < Number(values[0]);
    default:
      return false;
  }
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (operator === "Exists") return !key || key === taint.key;
  return key === taint.key && value === (taint.value ?? "");
}
