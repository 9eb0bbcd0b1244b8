import { type Rules } from "../../autoscaler/state/rules";
import { namedRules, randomFrom, rules } from "./build";
import { type Faults, World } from "./world";

/** Work comes in waves, and leaders die, until all is done and the pool is at zero. */
function live(seed: number, given: Rules, faults: Faults): World {
  const random = randomFrom(seed + 1000);
  const world = new World(seed, given, faults);
  for (let wave = 0; wave < 3; wave++) {
    world.submit(1 + Math.floor(random() * 30));
    const pause = random() * 80;
    for (let i = 0; i < pause; i++) world.step();
  }
  for (let i = 0; i < 1500 && (world.open > 0 || world.desired > 0); i++) world.step();
  return world;
}

const quick: Rules = { ...rules, scaleDownDelay: 10_000, bootTimeout: 120_000, unreadyTimeout: 60_000 };
const cases: [string, Rules, Faults][] = [
  ["one leader", quick, { crash: 0, broken: 0 }],
  ["leaders that die at any step", quick, { crash: 0.2, broken: 0 }],
  ["leaders that die, and nodes that never boot", quick, { crash: 0.05, broken: 0.2 }],
];
const named = cases.map(
  ([name, given, faults]) => [`${name}, by name`, { ...given, namedRemoval: namedRules.namedRemoval }, faults] as const,
);

describe.each([...cases, ...named])("%s", (_name, given, faults) => {
  const worlds = Array.from({ length: 20 }, (_, seed) => ({ seed, world: live(seed, given, faults) }));

  test("everything is done, no pod is killed, and the pool ends at zero", () => {
    for (const { seed, world } of worlds) {
      expect({ seed, open: world.open, desired: world.desired, killed: world.killed }).toEqual({ seed, open: 0, desired: 0, killed: 0 });
    }
  });

  test("no more nodes are ordered than the pods need", () => {
    // What a late replacement or a pod on a leaving node asks for is a node or two.
    for (const { seed, world } of worlds) expect({ seed, surplus: Math.max(2, world.surplus) }).toEqual({ seed, surplus: 2 });
  });

  test("the pool goes through its states as they are drawn", () => {
    for (const { seed, world } of worlds) expect({ seed, odd: world.odd }).toEqual({ seed, odd: [] });
  });
});
