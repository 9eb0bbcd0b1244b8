import { replaces } from "../../../../local/plugins/protocol/diff";
import { Secret, unknown } from "../../../../local/plugins/protocol/values";
import { randomProvider } from "../../../../local/plugins/random/provider";
import { fakeCall, seed } from "../helpers";

const provider = randomProvider("1.0.0");
const id = provider.resource("random:index/randomId:RandomId");
const string = provider.resource("random:index/randomString:RandomString");
const password = provider.resource("random:index/randomPassword:RandomPassword");
const call = fakeCall("x");

test("an id comes in all its notations, each with the prefix", async () => {
  const { id: bare, outputs } = await id.create({ byteLength: 4, prefix: "p-" }, call);
  const bytes = Buffer.from(bare, "base64url");
  expect(bytes).toHaveLength(4);
  expect(outputs).toEqual({
    byteLength: 4,
    prefix: "p-",
    b64Url: `p-${bare}`,
    b64Std: `p-${bytes.toString("base64")}`,
    hex: `p-${bytes.toString("hex")}`,
    dec: `p-${bytes.readUInt32BE()}`,
  });
});

test("a string has the length, the classes and the minimums that are asked for", async () => {
  const { id: value, outputs } = await string.create({ length: 12, special: false, upper: false, minNumeric: 5 }, call);
  expect(value).toMatch(/^[a-z0-9]{12}$/);
  expect(value.match(/\d/g)?.length).toBeGreaterThanOrEqual(5);
  expect(outputs).toMatchObject({ result: value, minNumeric: 5, special: false, lower: true });
});

test("a password is secret", async () => {
  const { outputs } = await password.create({ length: 20, overrideSpecial: "!", minSpecial: 20 }, call);
  expect(outputs.result).toBeInstanceOf(Secret);
  expect((outputs.result as Secret).value).toBe("!".repeat(20));
});

test("a changed keeper makes a new value, and nothing else does", async () => {
  const old = { id: "a", inputs: { byteLength: 4, keepers: { a: "1" } }, outputs: {} };
  expect(replaces(await id.diff(old, { byteLength: 4, keepers: { a: "2" } }, call))).toBe(true);
  expect((await id.diff(old, { byteLength: 4, keepers: { a: "1" } }, call)).changes.size).toBe(0);
});

test.each([
  [id, { byteLength: 0 }, "byteLength", /at least 1/],
  [string, { length: 3, minLower: 2, minUpper: 2 }, "length", /at least 4/],
  [string, { length: 3, lower: false, upper: false, numeric: false, special: false }, "lower", /must be true/],
  [string, { length: 3, lenght: 4 }, "lenght", /not known/],
  [string, {}, "length", /required/],
])("bad inputs are refused: %#", async (resource, inputs, property, reason) => {
  const { failures } = await resource.check(inputs, undefined, seed, call);
  expect(failures).toEqual([{ property, reason: expect.stringMatching(reason) as string }]);
});

test("inputs that are not known yet are not judged", async () => {
  expect((await id.check({ byteLength: unknown }, undefined, seed, call)).failures).toEqual([]);
});

test("other types and functions are not known", async () => {
  expect(() => provider.resource("random:index/randomPet:RandomPet")).toThrow(/not known to the stand-in of the random plugin/);
  await expect(provider.invoke("random:index:get", {})).rejects.toThrow(/not known/);
});
