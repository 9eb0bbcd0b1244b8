import { availableParallelism } from "node:os";
import type { FamilyName } from "./catalog";

/** CPU seconds in which Go builds each family, measured on two cores beside other work (bench/results/cold.json). It is a guess for those that are not in it. */
const cpuSeconds: Readonly<Partial<Record<FamilyName, number>>> = {
  versitygw: 120,
  kubernetes: 470,
  pulumi: 235,
  coredns: 105,
  keda: 550,
  "keda-scaled-objects": 150,
  karpenter: 210,
};
const guess = 60;

/** From this share of the work on, the pace of this machine counts instead of the measured one's. */
const enoughSeen = 0.05;

/** Minutes as one says them: "about 12 min", "less than a minute". */
export const inMinutes = (seconds: number): string => (seconds < 60 ? "less than a minute" : `about ${Math.ceil(seconds / 60)} min`);

/** How long the builds of some families still take. */
export class Countdown {
  private readonly start: number;
  private readonly done = new Map<FamilyName, number>();

  /** @param cores that the builds may use @param now milliseconds */
  constructor(
    private readonly families: readonly FamilyName[],
    private readonly cores: number = availableParallelism(),
    private readonly now: () => number = Date.now,
  ) {
    this.start = now();
  }

  /** Notes that this share of a family's build is done, from 0 to 1. */
  note(family: FamilyName, share: number): void {
    if (this.families.includes(family)) this.done.set(family, Math.min(1, Math.max(share, this.done.get(family) ?? 0)));
  }

  /** Seconds until all families are built: first by the measured figures, then by the pace so far. */
  seconds(): number {
    const work = (family: FamilyName): number => (cpuSeconds[family] ?? guess) / this.cores;
    const all = this.families.reduce((sum, family) => sum + work(family), 0);
    const done = this.families.reduce((sum, family) => sum + work(family) * (this.done.get(family) ?? 0), 0);
    const pace = done > enoughSeen * all ? (this.now() - this.start) / 1000 / done : 1;
    return (all - done) * pace;
  }
}
