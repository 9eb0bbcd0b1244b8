/** How many letters must be inserted, deleted or replaced to turn one word into the other, without regard to case. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1]!.toLowerCase() === b[column - 1]!.toLowerCase();
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (same ? 0 : 1)));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The candidate most like `word`, or nothing when none is within a third of its letters (at least 2). */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates.map((candidate) => ({ candidate, cost: distance(word, candidate) })).sort((a, b) => a.cost - b.cost);
  return best && best.cost <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}
