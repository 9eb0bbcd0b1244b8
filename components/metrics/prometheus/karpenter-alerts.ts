import { type Alert, alert } from "./alert";

/** What the core expects of a provider now and then: it acts on them by itself. */
const expected = "NodeClaimNotFoundError|InsufficientCapacityError|NodeClassNotReadyError";

/** Alerts of Karpenter. */
export const karpenterAlerts: readonly Alert[] = [
  alert(
    "KarpenterDown",
    "critical",
    "2m",
    'absent(up{job="karpenter"} == 1)',
    "Karpenter does not run",
    "Its pods get no nodes, and its idle nodes stay and are paid. See `kubectl --namespace karpenter get pods`.",
  ),
  alert(
    "KarpenterCannotReachOvhcloud",
    "critical",
    "10m",
    `sum by (method) (increase(karpenter_cloudprovider_errors_total{error!~"${expected}"}[5m])) > 0`,
    "Karpenter's calls of OVHcloud fail ({{ $labels.method }})",
    "The log says what OVHcloud answered: `kubectl --namespace karpenter logs deploy/karpenter`. Most often a right or the credentials are gone.",
  ),
  alert(
    "KarpenterOrderRefused",
    "warning",
    "10m",
    'sum by (flavor, reason) (increase(karpenter_ovhcloud_offering_refusals_total{reason=~"quota|stock|limit"}[10m])) > 0',
    "OVHcloud refuses Karpenter nodes of the flavor {{ $labels.flavor }} ({{ $labels.reason }})",
    "Karpenter takes other flavors meanwhile, if its node pools name any. Raise the quota, or let the pools choose from more flavors.",
  ),
  alert(
    "KarpenterPodsUnschedulable",
    "warning",
    "10m",
    "sum(karpenter_scheduler_unschedulable_pods_count) > 0",
    "{{ $value }} pods fit no node that Karpenter may order",
    "Their Events say why: `kubectl get events --all-namespaces --field-selector reason=FailedScheduling`.",
  ),
  alert(
    "KarpenterOrphanedNodes",
    "warning",
    "15m",
    'max(karpenter_ovhcloud_nodes{state="orphaned"}) > 0',
    "{{ $value }} nodes are paid that no NodeClaim owns",
    "Karpenter removes them two minutes after it has found them; it could not. Its log says why: `kubectl --namespace karpenter logs deploy/karpenter`.",
  ),
];
