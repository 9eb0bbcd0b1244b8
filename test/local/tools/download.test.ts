import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgress } from "../../../local/lib/progress";
import { download, DownloadError } from "../../../local/tools/download";
import type { Release } from "../../../local/tools/releases";

const sha256 = (data: Buffer) => ({ algorithm: "sha256", hex: createHash("sha256").update(data).digest("hex") }) as const;
/** Patience in milliseconds. */
const timing = { patience: 60_000, pauses: [1, 1] };
const silent = createProgress(() => undefined);

describe("download", () => {
  let server: Server;
  let base: string;
  let folder: string;
  let requests: number;
  let answer: (response: ServerResponse, attempt: number) => void;
  const program = Buffer.from("#!/bin/sh\necho 1.0.0\n");

  beforeAll(async () => {
    server = createServer((_request, response) => answer(response, ++requests));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    requests = 0;
    folder = mkdtempSync(join(tmpdir(), "download-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const get = (release: Partial<Release> = {}, { patience = timing.patience } = {}) =>
    download({ url: `${base}/tool`, checksum: sha256(program), ...release }, join(folder, "bin"), "tool", silent, { ...timing, patience });

  test("a single program becomes executable under its name", async () => {
    answer = (response) => response.end(program);
    await get();
    expect(readFileSync(join(folder, "bin", "tool"))).toEqual(program);
    expect(statSync(join(folder, "bin", "tool")).mode & 0o111).toBe(0o111);
  });

  test("of an archive only the wanted members are unpacked, without their folders", async () => {
    mkdirSync(join(folder, "pack", "server", "bin"), { recursive: true });
    for (const name of ["wanted", "other"]) writeFileSync(join(folder, "pack", "server", "bin", name), name, { mode: 0o755 });
    execFileSync("tar", ["-czf", join(folder, "pack.tar.gz"), "-C", join(folder, "pack"), "server"]);
    const data = readFileSync(join(folder, "pack.tar.gz"));
    answer = (response) => response.end(data);
    await get({ checksum: sha256(data), archive: { strip: 2, members: ["server/bin/wanted"] } });
    expect(execFileSync("ls", ["-A", join(folder, "bin")], { encoding: "utf8" })).toBe("wanted\n");
  });

  test("a file with another checksum is thrown away, and both checksums are named", async () => {
    answer = (response) => response.end("something else");
    await expect(get()).rejects.toThrow(new RegExp(`${sha256(Buffer.from("something else")).hex}, but ${sha256(program).hex} is expected`));
    expect(existsSync(join(folder, "bin", ".download"))).toBe(false);
    expect(requests).toBe(1);
  });

  test("a refusal is not asked for again", async () => {
    answer = (response) => response.writeHead(404).end();
    await expect(get()).rejects.toThrow(/\/tool: HTTP status 404$/);
    expect(requests).toBe(1);
  });

  test("a server in trouble and a transfer that breaks are tried again", async () => {
    answer = (response, attempt) => {
      if (attempt === 1) response.writeHead(503).end();
      else if (attempt === 2)
        response.writeHead(200, { "content-length": program.length }).write(program.subarray(0, 5), () => response.destroy());
      else response.end(program);
    };
    await get();
    expect(requests).toBe(3);
    expect(readFileSync(join(folder, "bin", "tool"))).toEqual(program);
  });

  test("a server that stays in trouble ends it", async () => {
    answer = (response) => response.writeHead(500).end();
    await expect(get()).rejects.toThrow(DownloadError);
    expect(requests).toBe(3);
  });

  test("a transfer that stalls is given up", async () => {
    answer = (response) => void response.writeHead(200, { "content-length": 100 }).write("x");
    await expect(get({}, { patience: 300 })).rejects.toThrow(/nothing came for 0\.3 s|aborted/);
    server.closeAllConnections();
  });

  test("a host that cannot be reached is given up at once, with the reason", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const patient = { patience: 10_000, pauses: [10_000] };
    const attempt = download({ url: `http://127.0.0.1:${port}/tool`, checksum: sha256(program) }, folder, "tool", silent, patient);
    await expect(attempt).rejects.toThrow(new RegExp(`^http://127\\.0\\.0\\.1:${port}/tool: connect ECONNREFUSED`));
  });
});
