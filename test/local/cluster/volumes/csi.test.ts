import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { type Mounts, nodeService } from "../../../../local/cluster/volumes/csi/node-service";
import { serve } from "../../../../local/cluster/volumes/csi/server";
import { encode, encodeMap, Message } from "../../../../local/cluster/volumes/csi/wire";

describe("messages", () => {
  test("what is written is read", () => {
    const written = encode({ 1: "text", 2: 300, 3: true, 4: encode({ 1: 5 * 1024 ** 3 }), 5: ["a", "b"], 6: undefined });
    const message = new Message(written);
    expect([message.text(1), message.number(2), message.number(3), message.text(5)]).toEqual(["text", 300, 1, "b"]);
    expect(message.message(4)?.number(1)).toBe(5 * 1024 ** 3);
    expect([message.text(9), message.number(9), message.message(9)]).toEqual(["", 0, undefined]);
  });
  // Bytes as protoc writes them.
  test("the format is Protocol Buffers'", () => {
    expect(encode({ 1: 150, 2: "testing" }).toString("hex")).toBe("08960112" + "0774657374696e67");
    expect(encode({ 1: encodeMap({ k: "v" }) }).toString("hex")).toBe("0a06" + "0a016b120176");
    expect(encode({ 1: 0, 2: "", 3: false })).toHaveLength(0);
  });
  test("what is cut off, or of an unknown kind, is an error", () => {
    expect(() => new Message(Buffer.from("0a05", "hex"))).toThrow(RangeError);
    expect(() => new Message(Buffer.from("0d00000000", "hex"))).toThrow(/kind 5/);
  });
});

describe("a node's service", () => {
  const folder = mkdtempSync(join(tmpdir(), "csi-"));
  const socket = join(folder, "plugins_registry", "driver.sock");
  const calls: string[] = [];
  const mounts: Mounts = {
    folder: (handle) => (handle === "known" ? "/volumes/known" : undefined),
    bind: (source, target, readOnly) => Promise.resolve(void calls.push(`bind ${source} ${target} ${readOnly}`)),
    unbind: (target) => Promise.resolve(void calls.push(`unbind ${target}`)),
  };
  const node = { driver: "a.driver", instanceId: "instance", mostVolumes: 100, topology: { zone: "nova" }, endpoint: "/run/driver.sock" };
  let end: () => void;
  let client: grpc.Client;
  const call = (path: string, request: Buffer): Promise<Message> =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        request,
        (error, answer) => (answer ? resolve(new Message(answer)) : reject(error ?? new Error("no answer"))),
      ),
    );

  beforeAll(async () => {
    end = await serve(socket, nodeService(node, mounts));
    client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure());
  });
  afterAll(() => {
    client.close();
    end();
    rmSync(folder, { recursive: true });
  });

  test("tells the kubelet where it is, and what the node can have", async () => {
    const info = await call("/pluginregistration.Registration/GetInfo", encode({}));
    expect([info.text(1), info.text(2), info.text(3)]).toEqual(["CSIPlugin", "a.driver", "/run/driver.sock"]);
    const found = await call("/csi.v1.Node/NodeGetInfo", encode({}));
    expect([found.text(1), found.number(2), found.message(3)?.message(1)?.text(2)]).toEqual(["instance", 100, "nova"]);
  });

  test("shows a volume to a pod and takes it away", async () => {
    await call("/csi.v1.Node/NodeStageVolume", encode({ 1: "known", 3: "/stage" }));
    await call("/csi.v1.Node/NodePublishVolume", encode({ 1: "known", 3: "/stage", 4: "/pod", 6: true }));
    await call("/csi.v1.Node/NodeUnpublishVolume", encode({ 1: "known", 2: "/pod" }));
    await call("/csi.v1.Node/NodeUnstageVolume", encode({ 1: "known", 2: "/stage" }));
    expect(calls).toEqual(["bind /volumes/known /stage false", "bind /stage /pod true", "unbind /pod", "unbind /stage"]);
  });

  test("says what is missing", async () => {
    const stage = (fields: Parameters<typeof encode>[0]) => call("/csi.v1.Node/NodeStageVolume", encode(fields));
    await expect(stage({ 1: "unknown", 3: "/stage" })).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
    await expect(stage({ 1: "known" })).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
  });

  test("answers an expansion with the size", async () => {
    const answer = await call("/csi.v1.Node/NodeExpandVolume", encode({ 1: "known", 2: "/pod", 3: encode({ 1: 5 * 1024 ** 3 }) }));
    expect(answer.number(1)).toBe(5 * 1024 ** 3);
  });

  test("takes over the socket of one that was killed", async () => {
    expect(existsSync(socket)).toBe(true);
    const second = await serve(socket, nodeService(node, mounts));
    second();
  });
});
