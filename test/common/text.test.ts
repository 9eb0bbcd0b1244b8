import { money, nodeHours, plural, sentence, timestamp, verb } from "../../common/text";

test.each([
  [0, "0 tasks have"],
  [1, "1 task has"],
  [2, "2 tasks have"],
])("nouns and verbs of %d", (count, text) => expect(`${plural(count, "task")} ${verb(count, "have")}`).toBe(text));

test("other words", () => {
  expect([plural(1, "copy", "copies"), plural(2, "copy", "copies"), verb(1, "are"), verb(1, "wait"), verb(2, "wait")]).toEqual([
    ...["1 copy", "2 copies", "is", "waits", "wait"],
  ]);
});

test("a sentence has one mark at its end", () => {
  expect(["it broke", "it broke.", "is it right?"].map(sentence)).toEqual(["it broke.", "it broke.", "is it right?"]);
});

test("times are without milliseconds, as Kubernetes writes them", () => {
  expect(timestamp(new Date("2026-01-02T03:04:05.678Z"))).toBe("2026-01-02T03:04:05Z");
});

test("node-hours have two decimals at most, small amounts four", () => {
  expect([nodeHours(1), nodeHours(3), nodeHours(1 / 60), nodeHours(0.999)]).toEqual([
    ...["1 node-hour", "3 node-hours", "0.02 node-hours", "1 node-hour"],
  ]);
  expect([money(0, "EUR"), money(0.0123, "EUR"), money(0.5)]).toEqual(["0.00 EUR", "0.0123 EUR", "0.50"]);
});
