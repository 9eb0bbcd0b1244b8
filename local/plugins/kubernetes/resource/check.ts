import { autoname } from "../../protocol/autoname";
import type { Call, CheckFailure } from "../../protocol/provider";
import { equal, isObject, type Properties } from "../../protocol/values";
import { type Kind, namespaced } from "../cluster/kinds";
import { annotation, isTrue, metadataOf } from "../cluster/object";
import { owner } from "../cluster/settings";

const knownAnnotations = new Set<string>(Object.values(annotation));

/** Adds the name and the namespace that the program leaves out. */
export async function complete(
  kind: Kind,
  news: Properties,
  olds: Properties | undefined,
  namespace: () => Promise<string>,
  seed: Uint8Array,
  call: Call,
): Promise<Properties> {
  if (news.metadata !== undefined && !isObject(news.metadata)) return news;
  const metadata: Properties = { ...metadataOf(news) };
  if (metadata.name === undefined && metadata.generateName === undefined) {
    const old = olds && isTrue(olds, annotation.autonamed) ? metadataOf(olds).name : undefined;
    metadata.name = old ?? autoname(call.name, seed);
    metadata.annotations = { ...(isObject(metadata.annotations) ? metadata.annotations : {}), [annotation.autonamed]: "true" };
  }
  if (metadata.namespace === undefined && namespaced(kind) === true) metadata.namespace = await namespace();
  return { ...news, apiVersion: news.apiVersion ?? kind.apiVersion, kind: news.kind ?? kind.kind, metadata };
}

/** What is wrong with the inputs, as far as it can be told without the cluster. */
export function faults(kind: Kind, inputs: Properties): CheckFailure[] {
  const { generateName, annotations } = metadataOf(inputs);
  const failures: CheckFailure[] = [];
  if (!equal([inputs.apiVersion, inputs.kind], [kind.apiVersion, kind.kind])) {
    failures.push({
      property: "kind",
      reason: `(${String(inputs.apiVersion)} ${String(inputs.kind)}) is not that of the resource's type, ${kind.apiVersion} ${kind.kind}`,
    });
  }
  if (generateName !== undefined)
    failures.push({ property: "metadata.generateName", reason: `is not known to ${owner}; leave out the name to have one made` });
  for (const name of isObject(annotations) ? Object.keys(annotations) : []) {
    if (name.startsWith("pulumi.com/") && !knownAnnotations.has(name)) {
      failures.push({
        property: `metadata.annotations["${name}"]`,
        reason: `is not known to ${owner}; it knows ${[...knownAnnotations].join(", ")}`,
      });
    }
  }
  return failures;
}
