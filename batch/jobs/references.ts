/** What a Job's pods name and must be there: a kubelet waits for a Secret for ever, and the Job controller may not create pods of a class that there is none of. */
import { type Cluster, ClusterError, type Kinds, type Secret } from "../../kubernetes/cluster";
import { type Parameters } from "../spec";

const kinds = {
  secrets: "Secret",
  persistentvolumeclaims: "PersistentVolumeClaim",
  serviceaccounts: "ServiceAccount",
  priorityclasses: "PriorityClass",
} as const;

interface Reference {
  /** The parameter, e.g. `envFrom[0]`. */
  readonly property: string;
  readonly kind: keyof typeof kinds;
  readonly name: string;
  /** Key that the Secret must have. */
  readonly key?: string;
}

function referencesOf(parameters: Parameters): Reference[] {
  const { volumes, envFrom, secretEnv, imagePullSecrets, serviceAccount, priorityClass } = parameters;
  return [
    ...envFrom.map((name, i) => ({ property: `envFrom[${i}]`, kind: "secrets" as const, name })),
    ...Object.entries(secretEnv).map(([variable, { secret, key }]) => ({
      property: `secretEnv.${variable}`,
      kind: "secrets" as const,
      name: secret,
      key,
    })),
    ...imagePullSecrets.map((name, i) => ({ property: `imagePullSecrets[${i}]`, kind: "secrets" as const, name })),
    ...volumes.flatMap(({ claim }, i) =>
      claim === undefined ? [] : [{ property: `volumes[${i}].claim`, kind: "persistentvolumeclaims" as const, name: claim }],
    ),
    ...(serviceAccount === undefined ? [] : [{ property: "serviceAccount", kind: "serviceaccounts" as const, name: serviceAccount }]),
    ...(priorityClass === undefined ? [] : [{ property: "priorityClass", kind: "priorityclasses" as const, name: priorityClass }]),
  ];
}

/** A fault for each parameter that names what is not there; what the API server does not let us read is taken to be there. */
export async function missingReferences(cluster: Cluster, parameters: Parameters): Promise<string[]> {
  const { namespace } = parameters;
  const found = new Map<string, ReturnType<typeof find>>();
  const faults = referencesOf(parameters).map(async ({ property, kind, name, key }) => {
    const id = `${kind}/${name}`;
    const looking = found.get(id) ?? find(cluster, kind, kind === "priorityclasses" ? undefined : namespace, name);
    found.set(id, looking);
    const object = await looking;
    if (object === "absent") {
      const where = kind === "priorityclasses" ? "" : ` in namespace '${namespace}'`;
      return [`${property}: there is no ${kinds[kind]} '${name}'${where}; create it first`];
    }
    const lacksKey = key !== undefined && object !== "unknown" && !(key in ((object as Secret).data ?? {}));
    return lacksKey ? [`${property}: the Secret '${name}' has no key '${key}'`] : [];
  });
  return (await Promise.all(faults)).flat();
}

async function find<K extends Reference["kind"]>(
  cluster: Cluster,
  kind: K,
  namespace: string | undefined,
  name: string,
): Promise<Kinds[K] | "absent" | "unknown"> {
  try {
    return (await cluster.get(kind, namespace, name)) ?? "absent";
  } catch (error) {
    if (error instanceof ClusterError && error.status === 403) return "unknown";
    throw error;
  }
}
