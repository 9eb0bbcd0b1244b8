import type { RegistryAccountArgs } from "../components/kubernetes/pull-secret";
import type { Settings } from "./config";

/** The account with which the images are pulled; undefined where the registry asks for none. */
export function accountOf({ registry, pullSecret }: Settings["images"]): RegistryAccountArgs | undefined {
  return pullSecret && { registry, ...pullSecret };
}
