import { boolean, type Fields, faults, list, map, number, object, oneOf, required, text } from "../../../../local/plugins/protocol/shape";
import { unknown } from "../../../../local/plugins/protocol/values";

const fields: Fields = {
  name: required(text),
  plan: oneOf("free", "standard"),
  size: number,
  on: boolean,
  ips: list(text),
  template: object({ labels: required(map(text)) }),
};

test("good properties have no faults", () => {
  expect(faults({ name: "a", plan: "free", size: 1, on: false, ips: ["1"], template: { labels: { a: "b" } } }, fields, "x")).toEqual([]);
});

test("every fault is found at once, each with its path", () => {
  const found = faults({ plan: "gold", size: "1", ips: ["a", 2], template: { labels: 1, more: 1 }, nmae: "a" }, fields, "the test");
  expect(found).toEqual([
    { property: "plan", reason: 'must be one of free, standard, not "gold"' },
    { property: "size", reason: "must be a number, not a string" },
    { property: "ips[1]", reason: "must be a string, not a number" },
    { property: "template.labels", reason: "must be an object" },
    { property: "template.more", reason: "is not known to the test; it knows labels" },
    { property: "nmae", reason: "is not known to the test; it knows ips, name, on, plan, size, template" },
    { property: "name", reason: "is required" },
  ]);
});

test("values that are not known yet pass", () => {
  expect(faults({ name: unknown, template: unknown, ips: [unknown] }, fields, "x")).toEqual([]);
});
