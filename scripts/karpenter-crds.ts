// Writes the CustomResourceDefinitions of karpenter/crds, Karpenter's own and OVHNodeClass, into components/karpenter/crds.json. To be run when they change.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Definition, versionOf, writeDefinitions } from "./crds";

const folder = join(__dirname, "..", "karpenter", "crds");
const definitions = readdirSync(folder)
  .sort()
  .map((file) => parse(readFileSync(join(folder, file), "utf8")) as Definition);
writeDefinitions("karpenter", versionOf("sigs.k8s.io/karpenter", "karpenter"), definitions);
