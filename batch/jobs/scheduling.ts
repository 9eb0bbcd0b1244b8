/** The scheduler's word on why a pod has no node, in people's words and as short as it can be. */

export interface Unschedulable {
  /** `NoNode`: nothing but to wait for a node, or for other pods' ends. `VolumeMissing`: no node will do. */
  readonly reason: "NoNode" | "VolumeMissing";
  readonly message: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly words: (match: RegExpExecArray) => string;
}

/** Taints of nodes that have just come, or are about to go. */
const passing = /node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable)|uninitialized|ToBeDeleted/;

/** What a node lacks, as the scheduler says it. Nodes that are of other pools are no news. @see https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler/framework/plugins */
const rules: readonly Rule[] = [
  { pattern: /Insufficient (\S+)/, words: ([, resource]) => `not enough ${resource} left on its nodes` },
  { pattern: /Too many pods/, words: () => "its nodes run as many pods as they can" },
  {
    pattern: /untolerated taint(?:\(s\))? ?(?:\{([^:}]*):? ?([^}]*)\})?/,
    words([, key, value = ""]) {
      // Newer schedulers do not say which, e.g. that of Kubernetes 1.34.
      if (key === undefined) return "its nodes are not ready yet, or have a taint that the Job does not tolerate";
      if (passing.test(key)) return "its nodes are not ready yet";
      return `its nodes have the taint ${key}${value && `=${value}`}, which the Job does not tolerate`;
    },
  },
  { pattern: /volume node affinity conflict/, words: () => "its volume is in another zone than the nodes" },
  { pattern: /unbound immediate PersistentVolumeClaims/, words: () => "its PersistentVolumeClaim is not bound yet" },
  { pattern: /exceed max volume count/, words: () => "its nodes have as many volumes as they can" },
  { pattern: /were unschedulable/, words: () => "its nodes take no new pods (cordoned)" },
  { pattern: /didn't match pod topology spread|anti-affinity/, words: () => "its nodes run other pods that keep it off" },
];

const otherPools = /didn't match Pod's node affinity|didn't match node selector|didn't satisfy existing/;

/** @param message e.g. "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. preemption: …" */
export function explainUnschedulable(message: string): Unschedulable {
  const [, claim] = /persistentvolumeclaim "([^"]+)" (?:not found|is being deleted)/.exec(message) ?? [];
  if (claim !== undefined) return { reason: "VolumeMissing", message: `there is no PersistentVolumeClaim '${claim}'` };
  // After the nodes come remarks on preemption, which say the same again.
  const said = message.split(/\.(?:\s|$)/)[0]!;
  const why = said
    .replace(/^\d+\/\d+ nodes are available: /, "")
    .split(/, (?=\d)/)
    .flatMap((part) => {
      const rule = rules.find(({ pattern }) => pattern.test(part));
      return rule ? [rule.words(rule.pattern.exec(part)!)] : [];
    });
  const words = [...new Set(why)].join(", ");
  if (words) return { reason: "NoNode", message: words };
  if (said === "" || otherPools.test(said) || /^no nodes available|^0\/0 nodes/.test(said))
    return { reason: "NoNode", message: "its pool has no node for it yet" };
  return { reason: "NoNode", message: said };
}
