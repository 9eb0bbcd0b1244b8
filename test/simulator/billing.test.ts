import { billedHours } from "../../common/billing";
import { billOf } from "../../simulator/billing";
import { simulate } from "../../simulator";
import { trace } from "./samples";

const at = (time: string): number => Date.parse(`2026-01-05T${time}Z`);

test.each([
  ["12:50:00", "13:10:00", 2],
  ["12:00:00", "13:00:00", 1],
  ["12:59:59", "13:00:01", 2],
  ["12:10:00", "12:10:00", 1],
  ["12:10:00", "15:30:00", 4],
  ["12:10:00", "15:00:00", 3],
])("from %s to %s it bills %d clock hours", (from, to, hours) => {
  expect(billedHours(at(from), at(to), "hourly")).toBe(hours);
});

test("per second it bills the time", () => {
  expect(billedHours(at("12:50:00"), at("13:20:00"), "perSecond")).toBe(0.5);
});

test("payments add up to the cost, and fall due as the hours begin", () => {
  const long = trace({
    jobs: [{ name: "job", duration: 7200 }],
    pools: [{ name: "compute", flavor: "c2-15", price: 0.25, bootSeconds: 60 }],
  });
  const { bill, cluster } = simulate(long, "ours");
  expect(bill.hours).toBe(3);
  expect(bill.cost).toBe(0.75);
  expect(bill.payments.map(({ time }) => new Date(time).toISOString().slice(11, 16))).toEqual(["08:10", "09:00", "10:00"]);
  expect(bill.payments.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(bill.cost);
  const machines = [...cluster.cloud.pools.values()].flatMap((pool) => pool.instances);
  expect(billOf(machines, cluster.clock.now, { ...long, billing: "perSecond" }).hours).toBeCloseTo(
    (machines[0]!.endedAt! - machines[0]!.createdAt) / 3.6e6,
  );
});
