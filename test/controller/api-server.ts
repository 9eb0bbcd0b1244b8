import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Stored {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** An API server of which lists, watches from any version on, and merge patches of `spec` work. */
export class ApiServer {
  /** Called with each patch: a status other than 200 refuses it. */
  onPatch: (name: string, body: { spec?: { parallelism?: number } }) => number = () => 200;
  private readonly server: Server;
  private readonly objects = new Map<string, Map<string, Stored>>();
  private readonly watches = new Set<{ readonly path: string; readonly response: ServerResponse }>();
  private readonly told: { readonly path: string; readonly version: number; readonly line: string }[] = [];
  private version = 1;

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get(path: string, name: string): Stored | undefined {
    return this.objects.get(path)?.get(name);
  }

  /** Creates or changes an object. @param path of the objects of its kind */
  put(path: string, object: Stored): Stored {
    const { name } = object.metadata;
    const of = this.objects.get(path) ?? new Map<string, Stored>();
    this.objects.set(path, of);
    const type = of.has(name) ? "MODIFIED" : "ADDED";
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } };
    of.set(name, stored);
    this.tell(path, type, stored);
    return stored;
  }

  remove(path: string, name: string): void {
    const object = this.get(path, name);
    if (!object) return;
    this.objects.get(path)?.delete(name);
    this.tell(path, "DELETED", { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } });
  }

  private tell(path: string, type: string, object: Stored): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.told.push({ path, version: this.version, line });
    for (const watch of this.watches) if (watch.path === path) watch.response.write(line);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://x");
    const path = url.pathname;
    if (request.method === "PATCH") {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const kind = path.slice(0, path.lastIndexOf("/"));
      const body = JSON.parse(await text(request)) as { metadata?: { uid?: string }; spec?: { parallelism?: number } };
      const known = this.get(kind, name);
      const status = !known ? 404 : known.metadata.uid !== body.metadata?.uid ? 409 : this.onPatch(name, body);
      if (status !== 200 || !known) return void response.writeHead(status).end(JSON.stringify({ code: status, message: "refused" }));
      const spec = { ...(known.spec as object), ...body.spec };
      return void response.end(JSON.stringify(this.put(kind, { ...known, spec })));
    }
    if (url.searchParams.get("watch") === "true") {
      const watch = { path, response };
      this.watches.add(watch);
      response.on("close", () => this.watches.delete(watch));
      response.flushHeaders();
      const since = Number(url.searchParams.get("resourceVersion"));
      for (const { line } of this.told.filter((event) => event.path === path && event.version > since)) response.write(line);
      return;
    }
    const items = [...(this.objects.get(path)?.values() ?? [])];
    response.end(JSON.stringify({ metadata: { resourceVersion: String(this.version) }, items }));
  }
}
