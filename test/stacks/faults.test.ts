import * as z from "zod";
import { describeFaults } from "../../stacks/faults";

const faultsOf = (schema: z.ZodType, values: object) => {
  const { error } = schema.safeParse(values, { reportInput: true });
  return describeFaults(error?.issues ?? [], () => false);
};

test.each<[string, z.ZodType, unknown, string]>([
  ["a least number", z.int().min(3, "must leave room for three"), 1, "size (1) must leave room for three"],
  ["a greatest number", z.int().max(3, "must fit into three"), 4, "size (4) must fit into three"],
  ["a length", z.string().min(3, "must have a prefix"), "ab", "size (ab) must have a prefix"],
  ["a type", z.int("must be counted"), "ab", 'size ("ab") must be counted'],
  ["a choice", z.enum(["s", "m"], "must be a model of the gateway"), "l", "size (l) must be a model of the gateway"],
])("a schema's own words for %s are told", (_what, schema, value, told) => {
  expect(faultsOf(z.object({ size: schema }), { size: value })).toEqual([told]);
});

test.each<[z.ZodType, unknown, string]>([
  [z.int().min(3), 1, "size (1) must be at least 3"],
  [z.string().max(1), "ab", "size (ab) must be at most 1 long"],
  [z.enum(["s", "m"]), "l", "size (l) must be s or m"],
  [z.int(), 1.5, "size (1.5) must be a whole number"],
])("without any, the rule is told", (schema, value, told) => {
  expect(faultsOf(z.object({ size: schema }), { size: value })).toEqual([told]);
});
