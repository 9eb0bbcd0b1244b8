interface Entry {
  readonly time: number;
  readonly serial: number;
  readonly work: () => void;
}

/** Simulated time in milliseconds since 1970, and what is to happen in it. Events of the same time happen in the order in which they were set. */
export class SimulatedClock {
  private readonly heap: Entry[] = [];
  private serial = 0;

  constructor(public now: number) {}

  at(time: number, work: () => void): void {
    const entry = { time: Math.max(time, this.now), serial: this.serial++, work };
    let i = this.heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, this.heap[parent]!)) break;
      this.heap[i] = this.heap[parent]!;
      i = parent;
    }
    this.heap[i] = entry;
  }

  after(milliseconds: number, work: () => void): void {
    this.at(this.now + milliseconds, work);
  }

  /** Lets time pass until `ended`, `limit` (milliseconds since 1970), or until nothing is left to happen. */
  run(limit: number, ended: () => boolean): void {
    while (this.heap.length > 0 && this.heap[0]!.time <= limit) {
      const { time, work } = this.pop();
      this.now = time;
      work();
      if (this.heap[0]?.time !== time && ended()) return;
    }
    this.now = Math.max(this.now, limit);
  }

  private pop(): Entry {
    const first = this.heap[0]!;
    const last = this.heap.pop()!;
    const { length } = this.heap;
    if (length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && before(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!before(this.heap[child]!, last)) break;
      this.heap[i] = this.heap[child]!;
      i = child;
    }
    this.heap[i] = last;
    return first;
  }
}

const before = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.serial < b.serial);
