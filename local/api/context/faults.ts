import * as z from "zod";

const count = {
  times: z.int().min(1).optional().describe("how often the fault strikes before it goes away; without it, until it is removed"),
};
const requests = {
  method: z.string().optional().describe("HTTP method; without it, any"),
  path: z.string().optional().describe("regular expression on the path after /1.0; without it, any"),
};
const target = { pool: z.string().optional().describe("pool name; without it, any"), flavor: z.string().optional() };

/** A fault that a test asks for. Those with `method` and `path` strike requests, the others strike what happens behind the API. */
export const faultSchema = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("status").describe("answer with an error instead of doing anything"),
    status: z.int().min(400).max(599),
    class: z.string().optional(),
    message: z.string().optional(),
    rate: z.number().min(0).max(1).default(1).describe("share of the matching requests that are struck"),
    ...requests,
    ...count,
  }),
  z.strictObject({ action: z.literal("timeout").describe("never answer, and do nothing"), ...requests, ...count }),
  z.strictObject({ action: z.literal("lost-answer").describe("do what is asked, then cut the connection"), ...requests, ...count }),
  z.strictObject({ action: z.literal("latency"), seconds: z.number().min(0), ...requests, ...count }),
  z.strictObject({
    action: z.literal("quota").describe("limits of each region"),
    cores: z.int().min(0).optional(),
    instances: z.int().min(0).optional(),
    ram: z.int().min(0).optional().describe("GB"),
  }),
  z.strictObject({
    action: z.literal("out-of-stock").describe("a node that is to boot becomes FLAVOR_OUT_OF_STOCK_ERROR"),
    ...target,
    ...count,
  }),
  z.strictObject({ action: z.literal("never-boots").describe("a node stays INSTALLING"), ...target, ...count }),
  z.strictObject({ action: z.literal("boot-error").describe("a node that is to boot becomes ERROR"), ...target, ...count }),
  z.strictObject({ action: z.literal("slow-boot"), seconds: z.number().min(0), ...target, ...count }),
  z.strictObject({
    action: z.literal("delay").describe("how long the asynchronous operations take besides their real work"),
    operation: z.enum(["cluster", "pool", "user", "network", "update", "delete", "stock"]),
    seconds: z.number().min(0),
  }),
]);

export type Fault = z.infer<typeof faultSchema>;
type Action = Fault["action"];
type FaultOf<A extends Action> = Extract<Fault, { action: A }>;

interface Entry {
  readonly fault: Fault;
  struck: number;
}

/** The faults in force. They are kept in memory only: a restart of the emulator ends them. */
export class Faults {
  private entries: Entry[] = [];

  constructor(private readonly random: () => number = Math.random) {}

  add(faults: readonly Fault[]): void {
    this.entries.push(...faults.map((fault) => ({ fault, struck: 0 })));
  }

  clear(): void {
    this.entries = [];
  }

  list(): readonly (Fault & { struck: number })[] {
    return this.entries.map(({ fault, struck }) => ({ ...fault, struck }));
  }

  /** The fault that strikes a request, if any. */
  forRequest(method: string, path: string): FaultOf<"status" | "timeout" | "lost-answer" | "latency"> | undefined {
    return this.strike(["status", "timeout", "lost-answer", "latency"], (fault) => {
      if (fault.method && fault.method.toUpperCase() !== method) return false;
      if (fault.path && !new RegExp(fault.path).test(path)) return false;
      return fault.action !== "status" || this.random() < fault.rate;
    });
  }

  /** The fault that strikes a node as it boots, if any. */
  forBoot(node: { pool: string; flavor: string }): FaultOf<"out-of-stock" | "never-boots" | "boot-error" | "slow-boot"> | undefined {
    return this.strike(["out-of-stock", "never-boots", "boot-error", "slow-boot"], (fault) => {
      return (fault.pool ?? node.pool) === node.pool && (fault.flavor ?? node.flavor) === node.flavor;
    });
  }

  /** The limits of each region that a fault sets. */
  quota(): FaultOf<"quota"> | undefined {
    return this.strike(["quota"], () => true);
  }

  /** Milliseconds, or undefined where no fault sets them. */
  delay(operation: FaultOf<"delay">["operation"]): number | undefined {
    const fault = this.strike(["delay"], (candidate) => candidate.operation === operation);
    return fault && fault.seconds * 1000;
  }

  private strike<A extends Action>(actions: readonly A[], matches: (fault: FaultOf<A>) => boolean): FaultOf<A> | undefined {
    const entry = this.entries.find(({ fault }) => (actions as readonly string[]).includes(fault.action) && matches(fault as FaultOf<A>));
    if (!entry) return undefined;
    entry.struck++;
    if ("times" in entry.fault && entry.struck === entry.fault.times) this.entries = this.entries.filter((other) => other !== entry);
    return entry.fault as FaultOf<A>;
  }
}
