import { type Call } from "./client";

/** A call as a role grants it. */
export interface Grant {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With its subresource, e.g. `pods/eviction`. */
  readonly resource: string;
}

const verbs = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as const;

/** What a role has to grant for a call. @see https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb */
export function grantOf({ method, path, query }: Pick<Call, "method" | "path" | "query">): Grant {
  const [root, ...rest] = path.split("/").filter(Boolean);
  const group = root === "apis" ? (rest.shift() ?? "") : "";
  const [, ...inner] = rest;
  const [kind = "", name, subresource] = inner[0] === "namespaces" && inner.length > 2 ? inner.slice(2) : inner;
  const resource = subresource === undefined ? kind : `${kind}/${subresource}`;
  const read = query?.watch ? "watch" : name === undefined ? "list" : "get";
  return { verb: method === "GET" ? read : verbs[method], group, resource };
}
