/**
 * Kubernetes quantities such as `500m`, `2` or `1.4Gi`: exact, and read and written as the API server does.
 * @see https://github.com/kubernetes/apimachinery/blob/v0.34.3/pkg/api/resource/quantity.go
 */
import { plural } from "./text";

const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** The finest that the API server keeps: billionths. */
const unit = 10n ** 9n;
const most = (2n ** 63n - 1n) * unit;

type Format = "binary" | "decimal" | "exponent";

export class Quantity {
  /** Rounded up to a whole number, as the API server and the scheduler count memory: bytes, GPUs. */
  readonly value: number;
  /** Thousandths, rounded up, as they count CPUs. */
  readonly milliValue: number;

  /** @param nanos billionths */
  constructor(
    private readonly nanos: bigint,
    private readonly format: Format,
  ) {
    this.value = Number(roundedUp(nanos, unit));
    this.milliValue = Number(roundedUp(nanos, unit / 1000n));
  }

  /** The canonical text: what the API server answers, e.g. "1503238553600m" for "1.4Gi", "1Gi" for "1024Mi". */
  toString(): string {
    const whole = this.nanos % unit === 0n;
    if (this.format === "binary" && whole && Math.abs(this.value) >= 1024) {
      const [mantissa, times] = withoutFactor(this.nanos / unit, 1024n);
      return `${mantissa}${nameOf(binary, times * 10)}`;
    }
    const [digits, zeros] = withoutFactor(this.nanos, 10n);
    const exponent = Math.floor((zeros - 9) / 3) * 3;
    const mantissa = this.nanos === 0n ? 0n : digits * 10n ** BigInt(zeros - 9 - exponent);
    if (mantissa === 0n || exponent === 0) return String(mantissa);
    return `${mantissa}${this.format === "exponent" ? `e${exponent}` : nameOf(decimal, exponent)}`;
  }
}

/** Quotient, away from zero: who asks for a little gets some. */
const roundedUp = (amount: bigint, by: bigint): bigint => (amount < 0n ? -roundedUp(-amount, by) : (amount + by - 1n) / by);

function withoutFactor(amount: bigint, factor: bigint): [rest: bigint, times: number] {
  let [rest, times] = [amount, 0];
  for (; rest !== 0n && rest % factor === 0n; times++) rest /= factor;
  return [rest, times];
}

const nameOf = (suffixes: Readonly<Record<string, number>>, exponent: number): string =>
  Object.entries(suffixes).find(([, value]) => value === exponent)?.[0] ?? "";

/** Clusters write the same few quantities over and over. */
const known = new Map<string, Quantity | undefined>();
const mostKnown = 4096;

/** Reads a quantity. Answers undefined for text that is none. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const key = String(text);
  if (known.has(key)) return known.get(key);
  if (known.size >= mostKnown) known.clear();
  const quantity = parse(key);
  known.set(key, quantity);
  return quantity;
}

function parse(text: string): Quantity | undefined {
  const [, sign, digits = "", decimals = "", suffix = ""] = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d{1,3}|[A-Za-z]*)$/.exec(text) ?? [];
  if (sign === undefined || text === "") return undefined;
  const amount = BigInt(digits + decimals);
  const [power, format] = multiplier(suffix) ?? [];
  if (power === undefined || format === undefined) return undefined;
  const scale = 10n ** BigInt(decimals.length);
  const exact = roundedUp(amount * unit * power[0], scale * power[1]);
  const nanos = format === "binary" && exact > most ? most : exact;
  return new Quantity(sign === "-" ? -nanos : nanos, format);
}

/** What a suffix multiplies by, as a fraction. */
function multiplier(suffix: string): [power: readonly [bigint, bigint], format: Format] | undefined {
  if (Object.hasOwn(binary, suffix)) return [[2n ** BigInt(binary[suffix]!), 1n], "binary"];
  const named = Object.hasOwn(decimal, suffix);
  const exponent = named ? decimal[suffix]! : /^[eE]./.test(suffix) ? Number(suffix.slice(1)) : NaN;
  if (Number.isNaN(exponent)) return undefined;
  const power = 10n ** BigInt(Math.abs(exponent));
  return [exponent < 0 ? [1n, power] : [power, 1n], named ? "decimal" : "exponent"];
}

/** Writes bytes as a quantity, rounded up to whole MiB, e.g. "1536Mi" or "2Gi". */
export const formatBytes = (bytes: number): string =>
  new Quantity(BigInt(Math.ceil(bytes / 2 ** 20) * 2 ** 20) * unit, "binary").toString();

/** An amount of memory as people read it, e.g. "1.4Gi" for "1503238553600m", which is how the API server writes it. */
export function readableBytes(text: string): string {
  const quantity = parseQuantity(text);
  const canonical = String(quantity ?? text);
  if (!quantity || /^-?\d{1,4}([KMGTPE]i?|k|e\d+)?$/.test(canonical)) return canonical;
  const [suffix, exponent] = Object.entries(binary).findLast(([, exponent]) => Math.abs(quantity.value) >= 2 ** exponent) ?? ["", 0];
  return `${Number((quantity.value / 2 ** exponent).toFixed(2))}${suffix}`;
}

export const isPositive = (text: string): boolean => (parseQuantity(text)?.value ?? 0) > 0;

/** @param text @param least both quantities */
export const atLeast = (text: string, least: string): boolean => parseQuantity(text)!.value >= parseQuantity(least)!.value;

export const isCpu = (text: string): boolean => /^[\d.]+m?$/.test(text) && isPositive(text);

const leastBytes = 2 ** 20;

/**
 * What is wrong with an amount of memory or disk space, if anything is. Less than a MiB is a slip of the pen: Kubernetes takes `512m` for half a byte
 * and `4` for four, and no container starts in that.
 */
export function bytesFault(text: string): string | undefined {
  const quantity = parseQuantity(text);
  const meant = meantBytes(text);
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  if (!quantity || quantity.value <= 0)
    return `must be a positive Kubernetes quantity such as 512Mi or 2Gi, not ${JSON.stringify(text)}${guess}`;
  if (quantity.value >= leastBytes) return undefined;
  const bytes = quantity.milliValue / 1000;
  return `must be at least 1Mi: ${text} is ${Number.isInteger(bytes) ? plural(bytes, "byte") : `${bytes} bytes`}${guess}`;
}

/** What somebody may have meant by `512m`, `4`, `512k`, `512MB` or `4gi`. */
function meantBytes(text: string): string | undefined {
  const [, number, letter = "", i = ""] = /^(\d+(?:\.\d+)?) ?(?:([kmgt])(i?)b?)?$/i.exec(text) ?? [];
  if (number === undefined || Number(number) === 0) return undefined;
  const amount = Number(number);
  // As a bare number or in thousands it is too little to be meant so.
  const suffix =
    letter === ""
      ? amount < 64
        ? "Gi"
        : "Mi"
      : letter === "m" || letter.toLowerCase() === "k"
        ? "Mi"
        : letter.toUpperCase() + i.toLowerCase();
  const guess = `${number}${suffix}`;
  return (parseQuantity(guess)?.value ?? 0) >= leastBytes ? guess : undefined;
}
