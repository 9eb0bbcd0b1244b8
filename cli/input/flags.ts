/** The parameters of a Job as flags, from their schema. A parameter that is structured has a short form here; in a file it is written in full. */
import { type Command, Option } from "commander";
import * as z from "zod";
import { sections } from "../../batch/spec/fields";
import { readerOf } from "./values";

interface Flag {
  /** Where the value goes, e.g. ["schedule", "cron"]. */
  readonly path: readonly string[];
  readonly flags: string;
  readonly description: string;
  readonly group: string;
  readonly read: (text: string) => unknown;
  /** `one` value; a `list`, or a `record` from names to values, of every time that the flag is given. */
  readonly form: "one" | "list" | "record";
}

/** What a schema is of, whether or not it is optional or has a default. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const optional = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return optional ? unwrap(schema.unwrap()) : schema;
}

/** Returns true if there are only texts in the values of a schema, at any depth. */
export function isTextual(schema: z.core.$ZodType): boolean {
  const type = unwrap(schema);
  if (type instanceof z.ZodArray) return isTextual(type.element);
  if (type instanceof z.ZodRecord) return isTextual(type.valueType);
  if (type instanceof z.ZodObject) return Object.values(type.shape as z.core.$ZodShape).every(isTextual);
  return type._zod.def.type === "string" || type._zod.def.type === "enum";
}

const formOf = (type: z.core.$ZodType): Flag["form"] =>
  type instanceof z.ZodArray ? "list" : type instanceof z.ZodRecord ? "record" : "one";

function describe(help: string, schema: z.ZodType, form: Flag["form"]): string {
  if (form !== "one") return `${help} (repeatable)`;
  const value = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
  return ["string", "number", "boolean"].includes(typeof value) && value !== false ? `${help} (default: ${String(value)})` : help;
}

function flagsOf(shape: z.core.$ZodLooseShape, group: string, path: readonly string[] = []): Flag[] {
  return Object.entries(shape as Record<string, z.ZodType>).flatMap(([name, schema]) => {
    const here = [...path, name];
    const type = unwrap(schema);
    const form = formOf(type);
    const own = Object.entries(schema.meta()?.flags ?? {}).map(([flag, help]) => {
      const flags = type instanceof z.ZodEnum ? `${flag} <${type.options.join("|")}>` : flag;
      return { path: here, flags, description: describe(help, schema, form), group, read: readerOf(flags), form };
    });
    return type instanceof z.ZodObject ? [...own, ...flagsOf(type.shape, group, here)] : own;
  });
}

export const flags: readonly Flag[] = Object.entries(sections).flatMap(([title, shape]) => flagsOf(shape, `${title}:`));

/** Adds a flag for each parameter. The values stay text, so that all faults can be told at once. */
export function addParameterFlags(command: Command): Command {
  for (const { flags: text, description, group, form } of flags) {
    const option = new Option(text, description).helpGroup(group);
    if (form !== "one") option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  return command;
}

export interface FlagValues {
  /** Parameters as far as flags give them. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Flag of each of them, for messages. */
  readonly sources: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

/** Reads the values that {@link addParameterFlags} collected. */
export function readFlags(options: Readonly<Record<string, unknown>>): FlagValues {
  const input: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  const faults: string[] = [];
  for (const { path, flags: text, read, form } of flags) {
    const option = new Option(text);
    const given = options[option.attributeName()] as string | string[] | undefined;
    if (given === undefined) continue;
    const flag = option.long ?? text;
    const texts = typeof given === "string" ? [given] : given;
    const parsed = texts.flatMap((value) => {
      try {
        return [read(value)];
      } catch (error) {
        faults.push(`${flag}: ${(error as Error).message}`);
        return [];
      }
    });
    sources.set(path[0]!, sources.has(path[0]!) ? `${sources.get(path[0]!)}, ${flag}` : flag);
    put(input, path, form === "record" ? Object.fromEntries(parsed as [string, unknown][]) : form === "one" ? parsed[0] : parsed);
  }
  return { input, sources, faults };
}

function put(target: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length > 0) put((target[key] ??= {}) as Record<string, unknown>, rest, value);
  // Two flags of one list, e.g. --volume and --scratch.
  else target[key] = Array.isArray(value) && Array.isArray(target[key]) ? [...(target[key] as unknown[]), ...(value as unknown[])] : value;
}
