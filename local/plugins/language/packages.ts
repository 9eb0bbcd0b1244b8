import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PackageDependency } from "@pulumi/pulumi/proto/plugin_pb";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: { readonly resource?: boolean; readonly name?: string; readonly version?: string; readonly server?: string };
}

/** The resource plugins that the installed npm packages need: those whose package.json says `pulumi.resource`. */
export async function requiredPackages(directory: string): Promise<PackageDependency[]> {
  const manifests = await Promise.all((await installed(join(directory, "node_modules"))).map(readManifest));
  return manifests.flatMap((manifest) => {
    const { pulumi, name = "", version = "" } = manifest ?? {};
    if (!pulumi?.resource) return [];
    const dependency = new PackageDependency().setKind("resource").setVersion(`v${(pulumi.version ?? version).replace(/^v/, "")}`);
    return [dependency.setName(pulumi.name ?? name.replace(/^@pulumi\//, "")).setServer(pulumi.server ?? "")];
  });
}

/** Names and installed versions of the program's npm packages: all of them, or only those that its own package.json names. */
export async function dependencies(directory: string, transitive: boolean): Promise<{ name: string; version: string }[]> {
  const modules = join(directory, "node_modules");
  const own = await readManifest(directory);
  const direct = Object.keys({ ...own?.dependencies, ...own?.devDependencies }).map((name) => join(modules, name));
  const manifests = await Promise.all((transitive ? await installed(modules) : direct).map(readManifest));
  return manifests.flatMap((manifest) => (manifest?.name && manifest.version ? [{ name: manifest.name, version: manifest.version }] : []));
}

/** Folders of the packages in a node_modules folder; those nested in other packages are not looked for. */
async function installed(modules: string): Promise<string[]> {
  const list = (folder: string) => readdir(folder).catch(() => []);
  const names = (await list(modules)).filter((name) => !name.startsWith("."));
  const folders = await Promise.all(
    names.map(async (name) =>
      name.startsWith("@") ? (await list(join(modules, name))).map((inner) => join(modules, name, inner)) : [join(modules, name)],
    ),
  );
  return folders.flat();
}

const readManifest = async (folder: string): Promise<Manifest | undefined> => {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined; // not a package
  }
};
