/**
 * Create, read, update and delete of an object of any kind.
 * Imports `../cluster/` and `../await/`.
 */
import { compare, type Diff, replaces } from "../../protocol/diff";
import { type Call, InitFailed, type Known, type Resource } from "../../protocol/provider";
import { hasUnknown, type Properties, unknown } from "../../protocol/values";
import { apply, fieldManagerOf, isImmutable } from "./apply";
import { readiness } from "../await/readiness";
import { awaitGone, awaitReady, awaitThere } from "../await/wait";
import { complete, faults } from "./check";
import type { Cluster } from "../cluster/client";
import { type Context, pathOf } from "../cluster/discovery";
import { KubernetesError } from "../cluster/errors";
import { immutableFields, type Kind } from "../cluster/kinds";
import { annotation, annotationOf, drifted, importedInputs, isTrue, type KubernetesObject, metadataOf, outputsOf } from "../cluster/object";
import type { Reach } from "./reach";
import type { Settings } from "../cluster/settings";

/**
 * An object of any kind, kept as the program has it by server-side apply. An object that is as it was needs no cluster:
 * `context`, which reads the kubeconfig, is called only where one is.
 */
export function kubernetesResource(kind: Kind, settings: Settings, context: () => Promise<Context>, isThere: Reach["isThere"]): Resource {
  return {
    async check(news, olds, seed, call) {
      const inputs = await complete(kind, news, olds, async () => settings.namespace ?? (await context()).namespace, seed, call);
      return { inputs, failures: faults(kind, inputs) };
    },

    async diff(old, news, call) {
      const mutable = { configMaps: settings.enableConfigMapMutable === true, secrets: settings.enableSecretMutable === true };
      const sameName = !isTrue(news, annotation.autonamed);
      const diff = compare(old.inputs, news, immutableFields(kind, mutable), sameName);
      if (diff.changes.size === 0 || replaces(diff) || hasUnknown(news)) return diff;
      return (await refusedAsImmutable(old, news, call)) ? replaceAll(diff, sameName) : diff;
    },

    async create(news, call) {
      const manager = annotationOf(news, annotation.patchFieldManager) ?? fieldManagerOf(call.urn);
      if (call.preview) return { id: "", outputs: notYet(hasUnknown(news) ? news : await previewCreate(news, manager, call)) };
      const { cluster } = await context();
      const path = await pathFor(news, call);
      if (kind.patch) {
        await awaitThere(path, cluster, call);
        const patched = await apply(cluster, path, news, { manager, force: forced(news, settings), signal: call.signal });
        return { id: idOf(patched), outputs: outputsOf(patched, manager) };
      }
      const found = await cluster.find<KubernetesObject>(path);
      if (found?.metadata.deletionTimestamp) await awaitGone(path, found, cluster, call);
      const old = found?.metadata.deletionTimestamp ? undefined : found;
      // What is there may have been left by an interrupted creation of this very resource.
      if (old && settings.upsertExistingObjects !== true && !managedBy(old, (name) => name === manager)) throw alreadyExists(old, kind);
      const live = await apply(cluster, path, news, { manager, force: forced(news, settings), signal: call.signal });
      return { id: idOf(live), outputs: await finish(path, live, manager, cluster, call) };
    },

    async read(old, call) {
      if (!(await isThere(call))) return undefined;
      const { cluster, discovery, namespace: byDefault } = await context();
      const imported = Object.keys(old.inputs).length === 0;
      const resource = await discovery.find(kind);
      const [name = "", namespace] = old.id.split("/").reverse();
      const path = resource && pathOf(kind, resource, namespace ?? byDefault, name);
      const live = path && (await cluster.find<KubernetesObject>(path));
      if (!live) return undefined;
      const outputs = outputsOf(live, managerOf(old, call));
      const inputs = imported ? importedInputs(live) : (drifted(old.inputs, old.outputs, live) as Properties);
      const now = isTrue(live, annotation.skipAwait) ? undefined : await readiness(live, cluster);
      if (now && now.state !== "ready") throw new InitFailed(idOf(live), outputs, [now.message], inputs);
      return { id: idOf(live), inputs, outputs };
    },

    async update(old, news, call) {
      const manager = managerOf(old, call);
      if (call.preview) return hasUnknown(news) ? { ...old.outputs, ...news } : dryRun(news, manager, call);
      const { cluster } = await context();
      const path = await pathFor(news, call);
      const live = await apply(cluster, path, news, { manager, force: forced(news, settings), signal: call.signal });
      return finish(path, live, manager, cluster, call);
    },

    async delete(old, call) {
      if (!(await isThere(call))) return;
      if (kind.patch) return release(old, call);
      const { cluster, discovery, namespace: byDefault } = await context();
      const resource = await discovery.find(kind);
      if (!resource) return;
      const [name = "", namespace] = old.id.split("/").reverse();
      const path = pathOf(kind, resource, namespace ?? byDefault, name);
      const live = await cluster.find<KubernetesObject>(path);
      if (!live) return;
      // The annotation is written in small letters, Kubernetes' own values are not.
      const propagationPolicy = (annotationOf(old.inputs, annotation.deletionPropagation) ?? "Foreground").replace(/^./, (first) =>
        first.toUpperCase(),
      );
      const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy, preconditions: { uid: live.metadata.uid } };
      await cluster.json("DELETE", path, { body }).catch((error: unknown) => {
        // Gone, or another object by now.
        if (!(error instanceof KubernetesError && (error.status === 404 || error.status === 409))) throw error;
      });
      if (!isTrue(old.inputs, annotation.skipAwait)) await awaitGone(path, live, cluster, call);
    },
  };

  /** Gives up the fields of a patch: what nobody else manages goes from the object. */
  async function release(old: Known, call: Call): Promise<void> {
    const { cluster } = await context();
    const path = await pathNow(old.inputs);
    if (!path || !(await cluster.find<KubernetesObject>(path))) return;
    const { name, namespace } = metadataOf(old.inputs);
    const nothing = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
    await apply(cluster, path, nothing, { manager: managerOf(old, call), force: true, signal: call.signal });
  }

  async function pathFor(news: Properties, call: Call): Promise<string> {
    const { discovery, namespace: byDefault } = await context();
    const { name, namespace } = metadataOf(news);
    const resource = await discovery.await(kind, call);
    return pathOf(kind, resource, typeof namespace === "string" ? namespace : byDefault, String(name));
  }

  /** The object's path, or undefined as long as the cluster does not serve its kind. */
  async function pathNow(news: Properties): Promise<string | undefined> {
    const { discovery, namespace: byDefault } = await context();
    const resource = await discovery.find(kind);
    const { name, namespace } = metadataOf(news);
    return resource && pathOf(kind, resource, typeof namespace === "string" ? namespace : byDefault, String(name));
  }

  async function previewCreate(news: Properties, manager: string, call: Call): Promise<Properties> {
    const path = await pathNow(news);
    const old = path && (await (await context()).cluster.find<KubernetesObject>(path));
    if (kind.patch) return old ? dryRun(news, manager, call) : news;
    if (!old) return dryRun(news, manager, call);
    // One of ours: the update deletes it first.
    if (settings.upsertExistingObjects === true || managedBy(old, (name) => name.startsWith("pulumi-kubernetes"))) return news;
    throw alreadyExists(old, kind);
  }

  /** What the server would make of the inputs; the inputs themselves where it cannot tell yet. */
  async function dryRun(news: Properties, manager: string, call: Call): Promise<Properties> {
    const path = await pathNow(news);
    if (!path) return news;
    const { cluster } = await context();
    try {
      return outputsOf(
        await apply(cluster, path, news, { manager, force: forced(news, settings), dryRun: true, signal: call.signal }),
        manager,
      );
    } catch (error) {
      // Its namespace is made by the same update.
      if (error instanceof KubernetesError && error.status === 404) return news;
      throw error;
    }
  }

  async function refusedAsImmutable(old: Known, news: Properties, call: Call): Promise<boolean> {
    try {
      await dryRun(news, managerOf(old, call), call);
      return false;
    } catch (error) {
      // Any other fault is for the update to tell.
      return isImmutable(error);
    }
  }

  async function finish(path: string, applied: KubernetesObject, manager: string, cluster: Cluster, call: Call): Promise<Properties> {
    const { live, problems } = await awaitReady(path, applied, cluster, call);
    const outputs = outputsOf(live, manager);
    if (problems.length > 0) throw new InitFailed(idOf(live), outputs, [`${kind.kind} ${idOf(live)}: ${problems.join("\n")}`]);
    return outputs;
  }
}

/** What the server gives to an object only once it is really made. */
const notYet = (outputs: Properties): Properties => ({
  ...outputs,
  metadata: { ...metadataOf(outputs), uid: unknown, resourceVersion: unknown, generation: unknown, creationTimestamp: unknown },
  status: unknown,
});

const idOf = ({ metadata: { namespace, name } }: KubernetesObject): string => (namespace === undefined ? name : `${namespace}/${name}`);

const managerOf = (old: Known, call: Call): string =>
  typeof old.outputs.__fieldManager === "string" ? old.outputs.__fieldManager : fieldManagerOf(call.urn);

const forced = (news: Properties, settings: Settings): boolean => {
  const wanted = annotationOf(news, annotation.patchForce);
  return wanted === undefined ? settings.enablePatchForce === true : wanted === "true";
};

function replaceAll(diff: Diff, sameName: boolean): Diff {
  const changes = new Map([...diff.changes].map(([path, { change }]) => [path, { change, replace: true }]));
  return { changes, deleteBeforeReplace: sameName };
}

const managedBy = (object: KubernetesObject, test: (manager: string) => boolean): boolean =>
  object.metadata.managedFields?.some((one) => test(one.manager ?? "")) ?? false;

const alreadyExists = (live: KubernetesObject, { kind }: Kind): Error =>
  new Error(
    `${kind} ${idOf(live)} already exists in the cluster, and was not made by this stack. Import it, delete it, or set upsertExistingObjects on the provider.`,
  );
