/**
 * Labels of a namespace that refuses pods with more rights than the restricted Pod Security Standard gives.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const restrictedPodSecurity = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/warn": "restricted",
} as const;

/** Labels of every object that the program makes. */
export const managedBy = { "app.kubernetes.io/managed-by": "ovh-mks-batch" } as const;
