import { connectionBroke, reasonOf } from "../../common/connection";
import { startBreakingServer } from "./breaking-server";

const errorOf = (url: string): Promise<unknown> =>
  fetch(url)
    .then((response) => response.text())
    .catch((error: unknown) => error);

it("tells that the other side closed the connection, which another one may mend", async () => {
  const server = await startBreakingServer(1, () => undefined);
  const error = await errorOf(server.url);
  await server.close();
  expect(connectionBroke(error)).toBe(true);
  expect(reasonOf(error)).toMatch(/other side closed|ECONNRESET/);
});

it("tells that a connection broke in the middle of an answer", async () => {
  const server = await startBreakingServer(0, (request, response) => {
    response.writeHead(200, { "Content-Length": "100" }).write("the first part");
    setTimeout(() => request.socket.destroy(), 50);
  });
  const error = await errorOf(server.url);
  await server.close();
  expect(connectionBroke(error)).toBe(true);
  expect(reasonOf(error)).toMatch(/other side closed|ECONNRESET/);
});

it("tells a refused connection by its reason, which no other connection mends", async () => {
  const error = await errorOf("http://127.0.0.1:1");
  expect(connectionBroke(error)).toBe(false);
  expect(reasonOf(error)).toMatch(/ECONNREFUSED|bad port/);
});

it.each([
  [new Error("HTTP 503"), "HTTP 503"],
  [new TypeError("fetch failed", { cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }) }), "ECONNREFUSED"],
  [new RangeError(""), "RangeError"],
  ["text", "text"],
  [undefined, "undefined"],
])("has a reason for %p", (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
  expect(connectionBroke(error)).toBe(false);
});
