import { compare, formatPath, replaces } from "../../../../local/plugins/protocol/diff";
import { unknown } from "../../../../local/plugins/protocol/values";

const changes = (...args: Parameters<typeof compare>) => Object.fromEntries(compare(...args).changes);

test("equal inputs have no changes", () => {
  expect(changes({ a: { b: [1] } }, { a: { b: [1] } }, [])).toEqual({});
});

test("each changed leaf is told by its path", () => {
  const olds = { a: { b: 1, gone: 2 }, list: [{ x: 1 }, { x: 2 }] };
  const news = { a: { b: 2, new: 3 }, list: [{ x: 1 }] };
  expect(changes(olds, news, [])).toEqual({
    "a.b": { change: "update", replace: false },
    "a.gone": { change: "delete", replace: false },
    "a.new": { change: "add", replace: false },
    "list[1]": { change: "delete", replace: false },
  });
});

test("a change at or below a replace path replaces, and one beside it does not", () => {
  const olds = { spec: { selector: { matchLabels: { app: "a" } }, replicas: 1 } };
  const news = { spec: { selector: { matchLabels: { app: "b" } }, replicas: 2 } };
  expect(changes(olds, news, [["spec", "selector"]])).toEqual({
    "spec.selector.matchLabels.app": { change: "update", replace: true },
    "spec.replicas": { change: "update", replace: false },
  });
});

test("a value that is not known yet is a change", () => {
  expect(changes({ a: { b: 1 } }, { a: unknown }, [["a"]])).toEqual({ a: { change: "update", replace: true } });
});

test("our own notes are not compared", () => {
  expect(changes({ __defaults: ["name"] }, {}, [["*"]])).toEqual({});
});

test("the old goes before the new is made only where both have one name", () => {
  const diff = (sameName: boolean) => compare({ flavor: "a" }, { flavor: "b" }, [["flavor"]], sameName);
  expect(diff(true).deleteBeforeReplace).toBe(true);
  expect(diff(false).deleteBeforeReplace).toBe(false);
  expect(compare({ size: 1 }, { size: 2 }, [["flavor"]], true).deleteBeforeReplace).toBe(false);
  expect(replaces(diff(false))).toBe(true);
});

test("paths are written as the engine reads them", () => {
  expect(formatPath(["metadata", "annotations", "a.b/c"])).toBe('metadata.annotations["a.b/c"]');
  expect(formatPath(["list", 0, "x"])).toBe("list[0].x");
});
