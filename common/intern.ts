/** How many texts are known at a time; those of objects that are long gone make room. */
const most = 1_000;

const known = new Map<string, string>();

/** Makes equal texts one: what thousands of pods tell alike comes as a copy with each of them. */
export function intern(text: string): string {
  const same = known.get(text);
  if (same !== undefined) return same;
  if (known.size >= most) known.clear();
  known.set(text, text);
  return text;
}
