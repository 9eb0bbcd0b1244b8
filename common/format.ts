/** Figures as people read them. All times are UTC, so that a page says the same wherever it is read. */
import { noun } from "./text";

/** e.g. 12,345, or with at most one decimal 1.5 and 2 */
export const number = (value: number, decimals = 0): string => value.toLocaleString("en-GB", { maximumFractionDigits: decimals });

/** e.g. "1 task", "12,345 tasks" or, with one decimal, "1.5 tasks" */
export const plural = (count: number, thing: string, { things, decimals = 0 }: { things?: string; decimals?: number } = {}): string =>
  `${number(count, decimals)} ${noun(Number(count.toFixed(decimals)), thing, things)}`;

/** e.g. 40 %; 100 % only where nothing is missing */
export const percent = (share: number): string => (share < 1 && share > 0.99 ? "over 99 %" : `${Math.round(share * 100)} %`);

/** e.g. 0.4 s, 12 s, 3 min 20 s, 2 h 05 min, 3 d 4 h */
export function duration(seconds: number): string {
  if (seconds < 9.95 && seconds > 0) return `${number(seconds, 1)} s`;
  const whole = Math.round(seconds);
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)];
  if (minutes === 0) return `${whole} s`;
  if (hours === 0) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  if (days < 2) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** e.g. 512 B, 34 kB, 1.2 MB */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${number(value, unit > 0 && value < 9.95 ? 1 : 0)} ${units[unit]}`;
}

/** e.g. 2026-11-21 10:05:12 */
export const dateTime = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/** e.g. 21 November 2026, 10:05:12 */
export const longDate = (time: number): string =>
  `${new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })}, ${dateTime(time).slice(11)}`;

/** The smallest of 1, 2, 5, 10, … that is not below the value. */
export function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= value * 0.999_999)!;
}
