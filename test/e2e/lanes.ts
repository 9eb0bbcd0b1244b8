/** Where the local clouds of two suites that run side by side keep their files, and what they take of the machine. */
export const lanes = [
  { folder: ".local-1", settings: {} },
  {
    folder: ".local-2",
    settings: { nodeCidr: "10.249.0.0/24", podCidr: "10.243.0.0/16", serviceCidr: "10.95.0.0/16", apiPort: 18090, s3Port: 18091 },
  },
] as const;
