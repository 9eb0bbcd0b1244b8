import { poll } from "../../common/poll";
import { growing } from "../../common/retry";

const overdue = (): never => {
  throw new Error("too late");
};

let now: number;
let waits: number[];
const wait = (milliseconds: number): Promise<void> => {
  waits.push(milliseconds);
  now += milliseconds;
  return Promise.resolve();
};
beforeEach(() => {
  [now, waits] = [0, []];
  jest.spyOn(Date, "now").mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

test("looks until there is something, also false, with pauses that grow", async () => {
  const looks = [undefined, undefined, undefined, false];
  await expect(poll(() => looks.shift(), { timeout: 10_000, pause: growing(100, 200, 1.5), overdue, wait })).resolves.toBe(false);
  expect(waits).toEqual([100, 150, 200]);
});

test("looks once more when the time is up, and then says so", async () => {
  const look = jest.fn(() => Promise.resolve(undefined));
  await expect(poll(look, { timeout: 250, pause: 100, overdue, wait })).rejects.toThrow("too late");
  expect(look).toHaveBeenCalledTimes(4);
  await expect(poll<string>(look, { timeout: 0, pause: 100, overdue: () => "nothing", wait })).resolves.toBe("nothing");
});

test("what a look throws ends it, and so does the signal", async () => {
  await expect(poll(() => Promise.reject(new Error("broken")), { timeout: 1_000, pause: 100, overdue, wait })).rejects.toThrow("broken");
  const controller = new AbortController();
  const look = jest.fn(() => controller.abort(new Error("stopped")) as undefined);
  await expect(poll(look, { timeout: 1_000, pause: 100, overdue, wait, signal: controller.signal })).rejects.toThrow("stopped");
  expect(look).toHaveBeenCalledTimes(1);
});
