import { firstStart } from "../../../local/images/prepare";

describe("firstStart", () => {
  test("tells what is missing and how long Go takes for it, by the number of cores", () => {
    const two = firstStart(["kubernetes", "pulumi"], false, 2);
    expect(two).toMatch(
      /^First start: kubernetes, pulumi are missing\. Go builds all of it, in about \d+ min on 2 cores that do nothing else, /,
    );
    const minutes = (text: string): number => Number(/about (\d+) min/.exec(text)?.[1]);
    expect(minutes(two)).toBeGreaterThan(minutes(firstStart(["kubernetes", "pulumi"], false, 4)));
    expect(minutes(two)).toBeGreaterThan(minutes(firstStart(["kubernetes"], false, 2)));
  });

  test("promises no build where a download may do", () => {
    expect(firstStart(["pulumi"], true, 1)).toMatch(
      /^First start: pulumi is missing\. What can be downloaded is; what cannot, Go builds, all of it in about /,
    );
  });
});
