import { clearFaults } from "./cloud";

/** Tests that mostly wait, and do not touch each other: all begin at once, and each is judged by itself. */
export function together(stories: Readonly<Record<string, () => Promise<void>>>): void {
  describe("at the same time, in different pools", () => {
    const running = new Map<string, Promise<void>>();

    beforeAll(() => {
      for (const [title, story] of Object.entries(stories)) {
        const run = story();
        run.catch(() => undefined);
        running.set(title, run);
      }
    });

    afterAll(() => clearFaults());

    it.each(Object.keys(stories))("%s", (title) => running.get(title));
  });
}
