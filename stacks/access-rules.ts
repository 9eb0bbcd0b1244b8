/** How one signs in to the OVHcloud API: as a service account or with an application key, one of the two and whole. */

type Fault = (path: readonly string[], input: unknown, rule: string) => void;

const serviceAccount = ["clientId", "clientSecret"] as const;
const applicationKey = ["applicationKey", "applicationSecret", "consumerKey"] as const;

/** @param api `autoscaler.api`; anything may be wrong in it */
export function checkAccess(api: Readonly<Record<string, unknown>>, fault: Fault): void {
  const path = ["autoscaler", "api"];
  const begun = [serviceAccount, applicationKey].filter((names) => names.some((name) => api[name] !== undefined));
  const ways = "clientId and clientSecret, or applicationKey, applicationSecret and consumerKey";
  if (begun.length > 1) return fault(path, undefined, `must have ${ways}, not both`);
  if (begun.length === 0) return fault(path, undefined, `must have ${ways}`);
  for (const name of begun[0]!) {
    if (api[name] === undefined)
      fault([...path, name], undefined, `must be set with ${begun[0]!.find((other) => api[other] !== undefined)}`);
  }
}
