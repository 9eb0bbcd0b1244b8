/** OVHcloud's credentials, by the two ways to sign in, and the environment variables that its tools read them from. */
export const signIns = {
  serviceAccount: { clientId: "OVH_CLIENT_ID", clientSecret: "OVH_CLIENT_SECRET" },
  applicationKey: { applicationKey: "OVH_APPLICATION_KEY", applicationSecret: "OVH_APPLICATION_SECRET", consumerKey: "OVH_CONSUMER_KEY" },
} as const;

export const credentialVariables = { ...signIns.serviceAccount, ...signIns.applicationKey } as const;

export type CredentialName = keyof typeof credentialVariables;

export const credentialNames = Object.keys(credentialVariables) as CredentialName[];

/** The names of each way to sign in. */
export const credentialSets = Object.values(signIns).map((variables) => Object.keys(variables) as CredentialName[]);
