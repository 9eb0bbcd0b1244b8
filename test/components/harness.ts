import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it: what the engine would be asked to do. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** `type name` of the parent; absent under the stack itself. */
  readonly parent?: string;
  /** Name of the explicit provider. */
  readonly provider?: string;
  /** Inputs; a secret is the text `[secret]`. */
  readonly inputs: Record<string, unknown>;
  /** Options that differ from Pulumi's defaults. */
  readonly options: Record<string, unknown>;
}

export interface Call {
  readonly token: string;
  readonly inputs: Record<string, unknown>;
}

export interface Recording<T> {
  /** What the program returned. */
  readonly result: T;
  readonly resources: readonly Registered[];
  readonly calls: readonly Call[];
  /** The resource of that type and name. @throws when there is none */
  readonly find: (type: string, name?: string) => Registered;
}

/** For each type of custom resource, what the provider adds to the inputs. A type that is not listed is an error. */
export type ResourceMocks = Readonly<Record<string, (inputs: Record<string, unknown>, name: string) => Record<string, unknown>>>;
export type CallMocks = Readonly<
  Record<string, (inputs: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>>
>;

export interface HarnessOptions {
  readonly resources: ResourceMocks;
  readonly calls?: CallMocks;
  readonly stack?: string;
  /** Run as a preview of a stack that is not there yet: no resource has an id. @default false */
  readonly preview?: boolean;
}

const secretKey = "4dabf18193072939515e22adb298388d";
export const masked = "[secret]";

/** Takes secrets out, and `__provider`, which is the serialised code of a dynamic resource. */
function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return masked;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === "__provider" ? "[code]" : mask(inner)]));
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return unwrap((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** `type name` of a URN: urn:pulumi:stack::project::parent$type::name */
function shortName(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").pop()} ${name}`;
}

interface Request {
  getParent(): string;
  getProvider(): string;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getName(): string;
  getType(): string;
}

type Callback = (error: unknown, response: unknown) => void;

interface Monitor {
  registerResource(request: Request, callback: Callback): Promise<void>;
}

let traceless = false;

/** The SDK takes a stack trace of each promise and each resource. No test looks at them, and mapped to the sources they take longer than all else. */
function takeNoTraces(): void {
  if (traceless) return;
  traceless = true;
  const debuggable = jest.requireActual<{ debuggablePromise: (...args: unknown[]) => unknown }>("@pulumi/pulumi/runtime/debuggable");
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (...args) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
  (pulumi.Resource as unknown as { callsites: () => object[] }).callsites = () => [];
}

/**
 * Runs `program` against mocks and records every resource that it registers and every function that it calls. A
 * registration that fails (a resource that was not declared, an `apply` that throws) rejects a promise that nobody
 * awaits, and so fails the test: jest sees to that.
 *
 * @throws the program's own error, or that a call was not declared
 */
export async function record<T>(program: () => T | Promise<T>, options: HarnessOptions): Promise<Recording<T>> {
  takeNoTraces();
  const resources: Registered[] = [];
  const calls: Call[] = [];
  const faults: unknown[] = [];
  const fail = (message: string): never => {
    const error = new Error(message);
    faults.push(error);
    throw error;
  };
  let request!: Request;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) => {
        const given = inputs as Record<string, unknown>;
        if (type !== "pulumi:pulumi:Stack") resources.push(registered(request, given));
        if (!custom) return { id: undefined, state: given };
        const mock = options.resources[type] ?? fail(`resource not declared: ${type} ${name}`);
        return {
          id: options.preview ? undefined : `${name}-id`,
          state: { ...given, ...mock(unwrap(given) as Record<string, unknown>, name) },
        };
      },
      call: ({ token, inputs }) => {
        const mock = options.calls?.[token] ?? fail(`call not declared: ${token}`);
        calls.push({ token, inputs: mask(inputs) as Record<string, unknown> });
        return mock(inputs as Record<string, unknown>);
      },
    },
    "ovh-mks-batch",
    options.stack ?? "test",
    options.preview ?? false,
  );
  // The mock is not told a resource's options: the monitor asks it right after it got the request that holds them.
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (incoming, callback) => {
    request = incoming;
    return register(incoming, callback);
  };

  try {
    const result = await program();
    await settled(resources);
    return { result, resources, calls, find: (type, name) => find(resources, type, name) };
  } catch (error) {
    // Pulumi's own error says less: it leaves the mock's message out.
    throw faults[0] ?? error;
  }
}

function find(resources: readonly Registered[], type: string, name?: string): Registered {
  const found = resources.filter((resource) => resource.type === type && (name === undefined || resource.name === name));
  if (found.length === 1) return found[0]!;
  const all = resources.map((resource) => `${resource.type} ${resource.name}`).join(", ");
  throw new Error(`there are ${found.length} resources ${type} ${name ?? ""} among ${all}`);
}

function registered(request: Request, inputs: Record<string, unknown>): Registered {
  const parent = request.getParent();
  const provider = request.getProvider();
  return {
    type: request.getType(),
    name: request.getName(),
    ...(parent && !parent.includes("pulumi:pulumi:Stack::") && { parent: shortName(parent) }),
    ...(provider && { provider: shortName(provider.slice(0, provider.lastIndexOf("::"))) }),
    inputs: mask(inputs) as Record<string, unknown>,
    options: optionsOf(request),
  };
}

function optionsOf(request: Request): Record<string, unknown> {
  const dependsOn = [...new Set(request.getDependenciesList().map(shortName))].sort();
  const all: Record<string, unknown> = {
    protect: request.getProtect() || undefined,
    retainOnDelete: request.getRetainondelete() || undefined,
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    dependsOn,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== undefined)));
}

/** Waits until no registration is under way and none follows. */
async function settled(resources: readonly Registered[]): Promise<void> {
  const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs: () => Promise<void> };
  for (let quiet = 0, count = resources.length; quiet < 5; quiet++) {
    await waitForRPCs();
    await new Promise((resolve) => setImmediate(resolve));
    if (resources.length !== count) {
      quiet = 0;
      count = resources.length;
    }
  }
}

/** The value of an output, once known. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => void output.apply(resolve));
}
