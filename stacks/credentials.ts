import { join } from "node:path";
import { credentialSets, signIns } from "../common/ovh/credentials";
import { nearest } from "../common/nearest";
import { type ConfigSource } from "./source";

/** The official provider's own settings, under `ovh:`, and the environment variables that it reads where they are not set. */
const variables = {
  endpoint: "OVH_ENDPOINT",
  ...signIns.applicationKey,
  ...signIns.serviceAccount,
  accessToken: "OVH_ACCESS_TOKEN",
} as const;

type Name = keyof typeof variables;
const names = Object.keys(variables) as Name[];

/** What the stack's configuration sets of the OVHcloud provider; the plugin itself reads the rest from the environment or an ovh.conf. */
export type Credentials = Partial<Record<Name, string>>;

/** Where the provider looks for a configuration file, in this order (go-ovh). */
const files = (env: NodeJS.ProcessEnv): string[] => ["ovh.conf", join(env.HOME ?? "/", ".ovh.conf"), "/etc/ovh.conf"];

/**
 * The credentials of the stack's configuration, and what is wrong with them: an unknown `ovh:` key, or one that is
 * needed and set nowhere.
 */
export function readCredentials({ config, env, exists }: ConfigSource): { credentials: Credentials; faults: string[] } {
  const faults: string[] = [];
  const credentials: Credentials = {};
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith("ovh:")) continue;
    const name = key.slice("ovh:".length) as Name;
    if (names.includes(name)) credentials[name] = value;
    else faults.push(`${key} is not a setting; ${suggestion(name)}`);
  }
  const valueOf = (name: Name): string => credentials[name] || env[variables[name]] || "";
  const has = (name: Name): boolean => valueOf(name) !== "";
  const begun = ways.filter((names) => names.some(has)).map((names) => names.find(has)!);
  if (begun.length > 1)
    faults.push(`${begun.map(told).join(" and ")} are set: the provider signs in one way only, so leave out the others`);
  const byUrl = valueOf("endpoint").includes("/");
  if (byUrl && begun.length === 1 && begun[0] === "clientId")
    faults.push(`${told("clientId")} cannot be used with the endpoint ${valueOf("endpoint")}: OAuth2 is for ovh-eu, ovh-ca and ovh-us`);
  if (!files(env).some(exists)) {
    for (const name of needed(has, byUrl)) {
      if (has(name)) continue;
      const flag = name === "endpoint" ? "" : "--secret ";
      const value = name === "endpoint" ? "ovh-eu" : "<value>";
      faults.push(
        `ovh:${name} is missing: set the environment variable ${variables[name]}, or run \`pulumi config set ${flag}ovh:${name} ${value}\``,
      );
    }
  }
  return { credentials, faults };
}

/** The provider's three ways to sign in. */
const ways: readonly (readonly Name[])[] = [...credentialSets, ["accessToken"]];

const told = (name: Name): string => `ovh:${name} (${variables[name]})`;

function suggestion(name: string): string {
  const guess = nearest(name, names);
  return guess ? `did you mean ovh:${guess}?` : `there are ${names.join(", ")}`;
}

/** What must be set: one of the ways to sign in, the one that was begun, or else a service account; an endpoint that is a URL knows none. */
function needed(has: (name: Name) => boolean, byUrl: boolean): readonly Name[] {
  const begun = ways.find((names) => names.some(has));
  return ["endpoint", ...(begun ?? ways[byUrl ? 1 : 0]!)];
}
