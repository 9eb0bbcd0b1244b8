/** What a key may do, as it is asked for when the key is created (https://auth.eu.ovhcloud.com/api/createToken). */
import type { AccessRule } from "../state/model";

/** The rights that docs/deploy.md has the user give to Pulumi's key, and the local cloud to its own. */
export const documentedRights = (serviceName: string): AccessRule[] => [
  { method: "GET", path: "/auth/details" },
  ...["GET", "POST", "PUT", "DELETE"].map((method) => ({ method, path: `/cloud/project/${serviceName}/*` })),
];

export function isGranted(rules: readonly AccessRule[], method: string, path: string): boolean {
  return rules.some((rule) => rule.method === method && pattern(rule.path).test(path));
}

const pattern = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );
