import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Blocks } from "./blocks";
import { type Failure } from "./failure";
import { type ByteRange, parseRange } from "./range";
import { type Storage, type StoredObject, unavailable } from "./storage";

export interface ObjectProxy {
  readonly url: string;
  /** The S3 failure that cut a reader off, if there was one: then ffmpeg's own error says nothing about the video. */
  failure(): Failure | undefined;
  close(): void;
}

/**
 * Serves one object over HTTP on loopback, so that ffmpeg can seek in it: only what it asks for is fetched, and no credential is ever in
 * ffmpeg's arguments or environment.
 */
export async function serveObject(storage: Storage, object: StoredObject): Promise<ObjectProxy> {
  const path = `/${randomUUID()}`;
  const blocks = new Blocks(storage, object);
  let failure: Failure | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const range = parseRange(request.headers.range, object.size);
    if (request.url !== path || range === "unsatisfiable") {
      response.writeHead(request.url === path ? 416 : 404, { "Content-Range": `bytes */${object.size}` }).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: object.size - 1 };
    response.writeHead(range ? 206 : 200, {
      "Accept-Ranges": "bytes",
      "Content-Length": end - start + 1,
      "Content-Type": "application/octet-stream",
      ...(range ? { "Content-Range": `bytes ${start}-${end}/${object.size}` } : {}),
    });
    await pipeline(Readable.from(bytes(blocks, { start, end })), response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // ffmpeg closes the connection whenever it has read enough; that is no failure.
      if (error instanceof ReadError) failure ??= unavailable(`reading ${object.key}`, error.cause);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    failure: () => failure,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

class ReadError extends Error {}

async function* bytes(blocks: Blocks, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  for (let at = start; at <= end;) {
    const block = await blocks.from(at).catch((error: unknown) => {
      throw new ReadError("S3 read failed", { cause: error });
    });
    const piece = block.subarray(0, end + 1 - at);
    at += piece.length;
    yield piece;
  }
}
