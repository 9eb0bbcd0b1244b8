/** Reads what programs tell in Prometheus' text format. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function parseSamples(text: string): Sample[] {
  const lines = text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/gm);
  return [...lines].map(([, name, labels = "", value]) => ({ name: name!, labels: parseLabels(labels), value: Number(value) }));
}

const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]));

/** The sum of all samples of a name, or of those that `wanted` keeps. */
export const sumOf = (samples: readonly Sample[], name: string, wanted: (labels: Sample["labels"]) => boolean = () => true): number =>
  samples.filter((sample) => sample.name === name && wanted(sample.labels)).reduce((sum, { value }) => sum + value, 0);

/**
 * A quantile of a histogram, as Prometheus' `histogram_quantile` guesses it between two bounds. NaN when nothing was observed.
 * @param name without `_bucket` @param part 0 to 1
 */
export function quantileOf(samples: readonly Sample[], name: string, part: number): number {
  const counts = new Map<number, number>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue;
    const bound = sample.labels.le === "+Inf" ? Infinity : Number(sample.labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const wanted = part * (buckets.at(-1)?.[1] ?? 0);
  const place = buckets.findIndex(([, count]) => count >= wanted && count > 0);
  if (place < 0) return NaN;
  const [bound, count] = buckets[place]!;
  const [below, countBelow] = buckets[place - 1] ?? [0, 0];
  // Nothing bounds the last one: the value is at least the bound below.
  return bound === Infinity ? below : below + ((bound - below) * (wanted - countBelow)) / (count - countBelow);
}
