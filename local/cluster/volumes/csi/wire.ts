/** As much of Protocol Buffers' format as CSI's messages need: numbers, texts, and messages in messages. */

/** A field of a message that is written. Zero, false and "" are left out, as the format has it. */
export type Value = string | number | boolean | Buffer | readonly Value[];

const wireNumber = 0;
const wireBytes = 2;

/** Writes a message. @param fields values by the number of their field; a list is written as repeated fields */
export function encode(fields: Readonly<Record<number, Value | undefined>>): Buffer {
  return Buffer.concat(Object.entries(fields).flatMap(([number, value]) => (value === undefined ? [] : field(Number(number), value))));
}

function field(number: number, value: Value): Buffer[] {
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap((one) => field(number, one));
  if (typeof value === "number" || typeof value === "boolean") {
    return Number(value) === 0 ? [] : [varint(number * 8 + wireNumber), varint(Number(value))];
  }
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value as string);
  return bytes.length === 0 && !Buffer.isBuffer(value) ? [] : [varint(number * 8 + wireBytes), varint(bytes.length), bytes];
}

/** A map is a list of entries: key and value. */
export const encodeMap = (map: Readonly<Record<string, string>>): Buffer[] =>
  Object.entries(map).map(([key, value]) => encode({ 1: key, 2: value }));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A message that was read; a field that is not there has the format's default. */
export class Message {
  private readonly fields = new Map<number, (Buffer | bigint)[]>();

  /** @throws {RangeError} for what is no message, or has kinds of fields that CSI does not use */
  constructor(private readonly bytes: Buffer) {
    let place = 0;
    const number = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = this.bytes.readUInt8(place++);
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    while (place < bytes.length) {
      const tag = Number(number());
      const kind = tag % 8;
      if (kind !== wireNumber && kind !== wireBytes) throw new RangeError(`a field of the kind ${kind} is not known`);
      let value: Buffer | bigint = number();
      if (kind === wireBytes) {
        const end = place + Number(value);
        if (end > bytes.length) throw new RangeError("the message is cut off");
        value = bytes.subarray(place, end);
        place = end;
      }
      const id = Math.floor(tag / 8);
      this.fields.set(id, [...(this.fields.get(id) ?? []), value]);
    }
  }

  text(number: number): string {
    const value = this.fields.get(number)?.at(-1);
    return Buffer.isBuffer(value) ? value.toString() : "";
  }

  number(number: number): number {
    const value = this.fields.get(number)?.at(-1);
    return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;
  }

  /** Undefined when there is none: then it says something that it is there. */
  message(number: number): Message | undefined {
    const value = this.fields.get(number)?.at(-1);
    return Buffer.isBuffer(value) ? new Message(value) : undefined;
  }
}
