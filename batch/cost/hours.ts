const hour = 3_600_000;

/** The clock's hours that a span of time touches, as numbers of hours since 1970: OVHcloud bills each commenced one. A span of no length touches one. */
export function clockHours(start: Date, end: Date): number[] {
  const first = Math.floor(start.getTime() / hour);
  const last = Math.max(first, Math.ceil(end.getTime() / hour) - 1);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
