import { stringify } from "yaml";

/** A kubeconfig's text; `user` and `cluster` add to, or replace, what it has. */
export function kubeconfig(server: string, user: object = { token: "secret-token" }, cluster: object = {}): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [
      { name: "other", context: { cluster: "elsewhere", user: "nobody" } },
      { name: "main", context: { cluster: "main", user: "admin" } },
    ],
    clusters: [{ name: "main", cluster: { server, ...cluster } }],
    users: [{ name: "admin", user }],
  });
}
