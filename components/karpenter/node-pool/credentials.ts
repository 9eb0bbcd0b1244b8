/** Secret with the credentials of the OVHcloud API, which an OVHNodeClass names: as the public provider's chart has it, in Karpenter's namespace. */
export const credentialsSecret = { name: "ovh-credentials", namespace: "karpenter" } as const;
