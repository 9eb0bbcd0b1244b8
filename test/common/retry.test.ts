import { doubling, retry } from "../../common/retry";

/** Fails so many times; `runs` holds the number of each run. */
function failing(times: number): { action: (attempt: number) => Promise<string>; runs: number[] } {
  const runs: number[] = [];
  const action = (attempt: number) => {
    runs.push(attempt);
    return attempt <= times ? Promise.reject(new Error(`run ${attempt}`)) : Promise.resolve("done");
  };
  return { action, runs };
}

let pauses: number[];
const wait = (milliseconds: number) => Promise.resolve(pauses.push(milliseconds));

beforeEach(() => {
  pauses = [];
});

it("returns what the first run that succeeds returns, after pauses between the runs", async () => {
  const { action, runs } = failing(3);
  expect(await retry(action, { pauses: doubling(100, 300), wait })).toBe("done");
  expect(runs).toEqual([1, 2, 3, 4]);
  expect(pauses).toEqual([100, 200, 300]);
});

it("throws the error of the last of its tries, without a pause after it", async () => {
  const { action, runs } = failing(9);
  await expect(retry(action, { tries: 3, pauses: doubling(100), wait })).rejects.toThrow("run 3");
  expect(runs).toEqual([1, 2, 3]);
  expect(pauses).toEqual([100, 200]);
});

it("throws at once what another run cannot mend", async () => {
  const { action, runs } = failing(9);
  const again = jest.fn((error: unknown, attempt: number) => attempt === 1 && (error as Error).message === "run 1");
  await expect(retry(action, { pauses: () => 1, again, wait })).rejects.toThrow("run 2");
  expect(runs).toEqual([1, 2]);
  expect(again.mock.calls.map(([, attempt]) => attempt)).toEqual([1, 2]);
});

it("gives the error to what says how long the pause is", async () => {
  const seen: string[] = [];
  await retry(failing(1).action, { pauses: (_, error) => seen.push((error as Error).message), wait });
  expect(seen).toEqual(["run 1"]);
});

it("ends a pause when its signal is aborted, with the error of the last run", async () => {
  const { action, runs } = failing(9);
  const stop = new AbortController();
  const retried = retry(action, { pauses: () => 3_600_000, signal: stop.signal });
  setTimeout(() => stop.abort(), 10);
  await expect(retried).rejects.toThrow("run 1");
  expect(runs).toEqual([1]);
});

it("begins no other run once its signal is aborted", async () => {
  const { action, runs } = failing(9);
  await expect(retry(action, { pauses: () => 1, signal: AbortSignal.abort(), wait })).rejects.toThrow("run 1");
  expect(runs).toEqual([1]);
  expect(pauses).toEqual([]);
});
