/** Reads the index list of an Indexed Job's status, such as "0,3-5,9". */
export function parseIndexes(text: string | undefined): number[] {
  if (!text) return [];
  return text.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

/** How many indexes such a list has. */
export const countIndexes = (text: string | undefined): number =>
  (text ? text.split(",") : []).reduce((sum, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return sum + last! - first! + 1;
  }, 0);
