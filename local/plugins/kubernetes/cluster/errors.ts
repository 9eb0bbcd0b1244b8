import { type Status } from "../../../../kubernetes/cluster";

/** The API server refused a request. */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  /** e.g. "AlreadyExists", "Conflict", "Invalid" */
  readonly reason: string;
  readonly causes: NonNullable<NonNullable<Status["details"]>["causes"]>;

  constructor(
    server: string,
    method: string,
    path: string,
    readonly status: number,
    body: Status,
  ) {
    super(explain(server, method, path, status, body));
    this.reason = body.reason ?? "";
    this.causes = body.details?.causes ?? [];
  }
}

function explain(server: string, method: string, path: string, status: number, { message = "", reason }: Status): string {
  if (status === 401) {
    return `the Kubernetes API server ${server} refused the kubeconfig's credentials (401 Unauthorized). Are they of this cluster, and not expired?`;
  }
  if (status === 409 && reason === "Conflict" && message.includes("conflict")) {
    return `${message}\nAnother field manager owns these fields. To take them over, set the annotation pulumi.com/patchForce: "true" on the resource.`;
  }
  return message ? `${message} (${method} ${path.split("?")[0]}: ${status})` : `${method} ${path.split("?")[0]}: ${status}`;
}

/** No answer came from the API server. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(server: string, cause: Error) {
    // A refused connection to a name with several addresses has the reasons inside.
    const reason = cause instanceof AggregateError ? cause.errors.map(String).join(", ") : cause.message;
    super(`the Kubernetes cluster ${server} is unreachable: ${reason}. Does it run, and is the kubeconfig right?`);
  }
}
