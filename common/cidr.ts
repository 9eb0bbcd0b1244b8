/** IPv4 ranges, in plain arithmetic. */
export interface Range {
  /** First address, as a number. */
  readonly first: number;
  /** Last address, as a number. */
  readonly last: number;
  /** Length of the prefix, 0..32. */
  readonly prefix: number;
}

export function parseAddress(text: string): number {
  const bytes = text.split(".").map(Number);
  if (bytes.length !== 4 || bytes.some((b) => !Number.isInteger(b) || b < 0 || b > 255)) {
    throw new RangeError(`${JSON.stringify(text)} is not an IPv4 address`);
  }
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** Reads "10.0.0.0/8", or a single address. Host bits are ignored. @throws {RangeError} */
export function parseRange(text: string): Range {
  const [address = "", length = "32"] = text.split("/");
  const prefix = Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > 32) throw new RangeError(`${JSON.stringify(text)} is not an IPv4 range`);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(parseAddress(address) / size) * size;
  return { first, last: first + size - 1, prefix };
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The `index`-th range of prefix length `prefix` within `range`. @throws {RangeError} when it lies outside */
export function subrange(range: Range, prefix: number, index: number): Range {
  const size = 2 ** (32 - prefix);
  const first = range.first + index * size;
  if (prefix < range.prefix || first + size - 1 > range.last)
    throw new RangeError(`no range ${index} of /${prefix} in ${formatRange(range)}`);
  return { first, last: first + size - 1, prefix };
}

export function formatRange(range: Range): string {
  return `${formatAddress(range.first)}/${range.prefix}`;
}

/** The `index`-th address of a range. @throws {RangeError} when it lies outside */
export function addressAt(range: Range, index: number): string {
  if (range.first + index > range.last) throw new RangeError(`no address ${index} in ${formatRange(range)}`);
  return formatAddress(range.first + index);
}
