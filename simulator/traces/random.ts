/** Random numbers that a seed fixes: the same trace gives the same tasks, boots and faults under every policy. */

export type Random = () => number;

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One number from 0 to below 1 for a thing: it depends on nothing but the seed and the words. */
export function draw(seed: number, ...words: readonly (string | number)[]): number {
  // FNV-1a spreads the words over the generator's states.
  let hash = 0x811c9dc5 ^ seed;
  const text = words.join(" ");
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return randomFrom(hash)();
}

/** Exponentially distributed with mean 1. */
export const exponential = (random: Random): number => -Math.log(1 - random());

/** Normally distributed with mean 0 and deviation 1 (Box–Muller). */
export function normal(random: Random): number {
  return Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random());
}
