import { abandoned, added, claimed, type Entry, mostKept, newEntry, pendingOf, settled } from "../../../controller/notifications/entries";
import { messageOf } from "../../../controller/notifications/notice";
import { lease, patience } from "../../../controller/notifications/schedule";
import { sampleNotice } from "./sample";

const now = Date.parse("2026-11-20T18:00:00.000Z");
const entry = (id = "end", ...names: string[]): Entry =>
  newEntry(id, messageOf(sampleNotice({ id })), names.length > 0 ? names : ["a", "b"], now);
const place = { id: "end", target: "a" };

test("an entry is pending for its targets at once", () => {
  expect(pendingOf(entry())).toEqual(["a", "b"]);
  expect(entry().targets.a).toEqual({ state: "pending", tries: 0, next: "2026-11-20T18:00:00.000Z" });
});

test("an id that is there is not added again", () => {
  expect(added([entry()], entry())).toBeUndefined();
  expect(added([entry()], entry("other"))).toMatchObject({ entries: [{ id: "end" }, { id: "other" }], dropped: [] });
});

test("what makes room for a new entry is told, if a target still waits for it", () => {
  const full = Array.from({ length: mostKept }, (_, i) => entry(`${i}`));
  const first = settled([full[0]!], { id: "0", target: "a", tries: 0, state: "sent" });
  expect(added([...first, ...full.slice(1)], entry())).toMatchObject({ dropped: ["b"] });
});

test("a try is claimed by one, when it is due", () => {
  const first = claimed([entry()], place, now)!;
  expect(first.entry.targets).toMatchObject({
    a: { state: "pending", tries: 1, next: new Date(now + lease).toISOString() },
    b: { tries: 0 },
  });
  expect(claimed(first.entries, place, now + lease - 1)).toBeUndefined();
  expect(claimed(first.entries, place, now + lease)?.entry.targets.a?.tries).toBe(2);
  expect(claimed([entry()], { ...place, target: "c" }, now)).toBeUndefined();
  expect(claimed([], place, now)).toBeUndefined();
});

test("what came of a try is noted, unless somebody else is at the next one; that it is sent, always", () => {
  const first = claimed([entry()], place, now)!.entries;
  const failed = settled(first, { ...place, tries: 1, state: "pending", next: now + 5_000 });
  expect(failed[0]?.targets.a).toMatchObject({ state: "pending", tries: 1, next: "2026-11-20T18:00:05.000Z" });
  const second = claimed(first, place, now + lease)!.entries;
  expect(settled(second, { ...place, tries: 1, state: "pending", next: now })).toEqual(second);
  const sent = settled(second, { ...place, tries: 1, state: "sent" });
  expect(sent[0]?.targets.a?.state).toBe("sent");
  expect(settled(sent, { ...place, tries: 2, state: "refused" })).toEqual(sent);
});

test("what waits for targets that there are not is given up after a day", () => {
  const names = new Set(["a"]);
  expect(abandoned([entry()], names, now + patience - 1)).toBeUndefined();
  expect(abandoned([entry("end", "a")], names, now + patience)).toBeUndefined();
  const { entries, lost } = abandoned([entry(), entry("other", "b", "c")], names, now + patience)!;
  expect(lost).toEqual(["b", "b", "c"]);
  expect(entries.map(pendingOf)).toEqual([["a"], []]);
});
