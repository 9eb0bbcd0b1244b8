const hour = 3_600_000;

/** The clock hour that a time (milliseconds since 1970) is in, as the number of hours since 1970. */
export const clockHour = (time: number): number => Math.floor(time / hour);

/** When the clock hour that a time is in ends; both in milliseconds since 1970. */
export const hourEnd = (time: number): number => (clockHour(time) + 1) * hour;

/**
 * How many clock hours a span of time touches (milliseconds since 1970): where it bills by the hour, OVHcloud bills a node for every clock hour that has begun while it existed. A
 * span that ends on the full hour does not touch the hour that begins then; one of no length touches one hour. They begin with {@link clockHour} of `from`.
 * @see https://www.ovhcloud.com/en/public-cloud/prices/
 */
export const clockHours = (from: number, to: number): number => Math.max(1, Math.ceil(to / hour) - clockHour(from));
