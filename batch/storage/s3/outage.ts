/** Tells the user while the object store takes nothing, and when it does again. */
import { duration } from "../../../common/text";

/** Milliseconds without any answer after which it is told first; each further time comes after twice as long. */
const first = 5_000;
const longest = 300_000;

/** A request that failed and is tried again. */
export interface Failure {
  /** When its first try began, in milliseconds since 1970. */
  readonly since: number;
  /** For how long it is tried, in milliseconds. */
  readonly patience: number;
  readonly reason: string;
  /** Whether the store said so itself, as when it is too busy. */
  readonly refused: boolean;
}

/** Of one client. Requests that go through meanwhile end it: a store that is only slow to take some is no outage. */
export class Outage {
  private since: number | undefined;
  private next = first;
  private told = false;

  constructor(private readonly say: (text: string) => void) {}

  failed({ since, patience, reason, refused }: Failure): void {
    this.since = Math.min(this.since ?? since, since);
    const age = Date.now() - this.since;
    if (age < this.next) return;
    while (this.next <= age) this.next += Math.min(this.next, longest);
    this.told = true;
    const what = refused ? "S3 refuses requests for now" : "S3 does not answer";
    this.say(`${what} (${reason}) for ${duration(age / 1000)}; each request is tried for up to ${duration(patience / 1000)}`);
  }

  /** Some request was answered. */
  worked(): void {
    if (this.told) this.say("S3 answers again");
    this.since = undefined;
    this.next = first;
    this.told = false;
  }
}
