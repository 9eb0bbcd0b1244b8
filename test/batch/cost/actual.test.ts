import { actualCost } from "../../../batch/cost";

const at = (time: string) => `2026-01-01T${time}Z`;
const now = new Date(at("18:30:00"));
const billing = "hourly" as const;

test("a node's commenced hours are counted once, however many tasks ran in them", () => {
  const ran = [
    { node: "a", start: at("12:50:00"), end: at("12:55:00") },
    { node: "a", start: at("12:52:00"), end: at("13:10:00") },
    { node: "b", start: at("12:50:00"), end: at("12:51:00") },
  ];
  expect(actualCost(ran, { price: { nodeHour: 0.1, currency: "EUR" }, billing }, now)).toEqual({
    nodeHours: 3,
    amount: expect.closeTo(0.3) as number,
    currency: "EUR",
  });
});

test("attempts before the last one count", () => {
  const earlier = [{ node: "a", start: at("12:00:00"), end: at("12:01:00") }, {}];
  expect(actualCost([{ node: "b", start: at("13:00:00"), end: at("13:01:00"), earlier }], { billing }, now)).toEqual({ nodeHours: 2 });
});

test("hours in which a node had no work of ours do not count", () => {
  const ran = [
    { node: "a", start: at("08:00:00"), end: at("08:10:00") },
    { node: "a", start: at("17:00:00"), end: at("17:10:00") },
  ];
  expect(actualCost(ran, { billing }, now).nodeHours).toBe(2);
});

test("what has not ended counts up to now, what never ran not at all", () => {
  expect(actualCost([{ node: "a", start: at("17:59:00") }, { node: "b" }, {}], { billing }, now)).toEqual({ nodeHours: 2 });
});

test("a price without a currency gives an amount without one", () => {
  expect(actualCost([{ node: "a", start: at("17:00:00"), end: at("17:01:00") }], { price: { nodeHour: 2 }, billing }, now)).toEqual({
    nodeHours: 1,
    amount: 2,
  });
});

describe("billed by the second", () => {
  const perSecond = (ran: Parameters<typeof actualCost>[0]) => actualCost(ran, { price: { nodeHour: 0.5 }, billing: "perSecond" }, now);

  test("a node's time counts once, however many tasks ran in it, and that between them not", () => {
    const ran = [
      { node: "a", start: at("12:50:00"), end: at("13:20:00") },
      { node: "a", start: at("12:55:00"), end: at("13:00:00") },
      { node: "a", start: at("13:10:00"), end: at("13:35:00") },
      { node: "a", start: at("17:00:00"), end: at("17:15:00") },
      { node: "b", start: at("18:00:00") },
    ];
    expect(perSecond(ran)).toEqual({ nodeHours: 1.5, amount: 0.75 });
  });

  test("a node counts for a minute at least", () => {
    const { nodeHours } = perSecond([{ node: "a", start: at("12:59:55"), end: at("13:00:05") }]);
    expect(nodeHours).toBeCloseTo(1 / 60, 10);
  });
});
