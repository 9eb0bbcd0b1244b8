import { randomBytes, randomInt } from "node:crypto";
import { compare } from "../protocol/diff";
import type { Call, CheckFailure, Provider, Resource } from "../protocol/provider";
import { boolean, type Fields, faults, map, number, required, text } from "../protocol/shape";
import { hasUnknown, type Properties, secret } from "../protocol/values";

const owner = "the stand-in of the random plugin";

const idFields: Fields = { byteLength: required(number), keepers: map(text), prefix: text };

const stringFields: Fields = {
  length: required(number),
  keepers: map(text),
  overrideSpecial: text,
  ...Object.fromEntries(["lower", "upper", "number", "numeric", "special"].map((name) => [name, boolean])),
  ...Object.fromEntries(["minLower", "minUpper", "minNumeric", "minSpecial"].map((name) => [name, number])),
};

/** A value that is made once and lives in the state only: any change of its inputs makes a new one. */
function valueOnly(
  fields: Fields,
  make: (inputs: Properties) => { id: string; outputs: Properties },
  check: (inputs: Properties) => CheckFailure[],
): Resource {
  return {
    check: (news) => {
      const failures = faults(news, fields, owner);
      return { inputs: news, failures: failures.length > 0 || hasUnknown(news) ? failures : check(news) };
    },
    diff: (old, news) => compare(old.inputs, news, [["*"]]),
    create: (news, call: Call) => Promise.resolve(call.preview ? { id: "", outputs: news } : make(news)),
    read: (old) => Promise.resolve(old),
    update: (old, news) => Promise.resolve({ ...old.outputs, ...news }),
    delete: () => Promise.resolve(),
  };
}

function makeId(inputs: Properties) {
  const bytes = randomBytes(inputs.byteLength as number);
  const prefix = typeof inputs.prefix === "string" ? inputs.prefix : "";
  const id = bytes.toString("base64url");
  const outputs = {
    ...inputs,
    b64Url: prefix + id,
    b64Std: prefix + bytes.toString("base64"),
    hex: prefix + bytes.toString("hex"),
    dec: prefix + BigInt(`0x${bytes.toString("hex")}`).toString(),
  };
  return { id, outputs };
}

/** The character classes of a string, and how many of each it must have at least. */
function classes(inputs: Properties) {
  const wanted = (name: string) => inputs[name] !== false;
  const least = (name: string) => (typeof inputs[name] === "number" ? inputs[name] : 0);
  const special = typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : "!@#$%&*()-_=+[]{}<>:?";
  return [
    { characters: "abcdefghijklmnopqrstuvwxyz", used: wanted("lower"), least: least("minLower") },
    { characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", used: wanted("upper"), least: least("minUpper") },
    { characters: "0123456789", used: wanted("numeric") && wanted("number"), least: least("minNumeric") },
    { characters: special, used: wanted("special"), least: least("minSpecial") },
  ];
}

function checkString(inputs: Properties): CheckFailure[] {
  const least = classes(inputs).reduce((sum, { least }) => sum + least, 0);
  const length = inputs.length as number;
  if (!Number.isInteger(length) || length < Math.max(1, least)) {
    return [{ property: "length", reason: `(${length}) must be an integer of at least ${Math.max(1, least)}, the sum of the minimums` }];
  }
  if (!classes(inputs).some((one) => one.used))
    return [{ property: "lower", reason: "one of lower, upper, numeric and special must be true" }];
  return [];
}

function makeString(inputs: Properties): string {
  const parts = classes(inputs);
  const pick = (from: string) => from.charAt(randomInt(from.length));
  const all = parts.map(({ characters, used }) => (used ? characters : "")).join("");
  const characters = parts.flatMap((part) => Array.from({ length: part.least }, () => pick(part.characters)));
  while (characters.length < (inputs.length as number)) characters.push(pick(all));
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j] ?? "", characters[i] ?? ""];
  }
  return characters.join("");
}

const defaults = {
  lower: true,
  upper: true,
  number: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
};

const resources: Record<string, Resource> = {
  "random:index/randomId:RandomId": valueOnly(idFields, makeId, (inputs) => {
    const { byteLength } = inputs;
    const valid = Number.isInteger(byteLength) && (byteLength as number) >= 1;
    return valid ? [] : [{ property: "byteLength", reason: `(${String(byteLength)}) must be an integer of at least 1` }];
  }),
  "random:index/randomString:RandomString": valueOnly(
    stringFields,
    (inputs) => {
      const result = makeString(inputs);
      return { id: result, outputs: { ...defaults, ...inputs, result } };
    },
    checkString,
  ),
  // Its output bcryptHash is not made: nothing here needs it.
  "random:index/randomPassword:RandomPassword": valueOnly(
    stringFields,
    (inputs) => ({ id: "none", outputs: { ...defaults, ...inputs, result: secret(makeString(inputs)) } }),
    checkString,
  ),
};

export function randomProvider(version: string): Provider {
  return {
    name: "random",
    version,
    checkConfig: (news) => ({ inputs: news, failures: [] }),
    diffConfig: () => compare({}, {}, []),
    configure: () => undefined,
    resource(type) {
      const resource = resources[type];
      if (!resource) throw new Error(`${type} is not known to ${owner}; it knows ${Object.keys(resources).join(", ")}`);
      return resource;
    },
    invoke: (token) => Promise.reject(new Error(`${token} is not known to ${owner}`)),
  };
}
