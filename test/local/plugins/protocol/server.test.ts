import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { compare } from "../../../../local/plugins/protocol/diff";
import { InitFailed, type Provider, type Resource } from "../../../../local/plugins/protocol/provider";
import { implementation } from "../../../../local/plugins/protocol/server";
import { fromStruct, secret, toStruct } from "../../../../local/plugins/protocol/values";

const resource: Resource = {
  check: (news) => ({ inputs: { ...news, added: 1 }, failures: news.bad ? [{ property: "bad", reason: "is bad" }] : [] }),
  diff: (old, news) => compare(old.inputs, news, [["kind"]], true),
  create: (news) =>
    news.broken
      ? Promise.reject(new InitFailed("id-1", { half: true }, ["it crashes"]))
      : Promise.resolve({ id: "id-1", outputs: { ...news, key: secret("k") } }),
  read: (old) => Promise.resolve(old.id === "gone" ? undefined : { ...old, outputs: { now: 1 } }),
  update: (_old, news) => Promise.resolve(news),
  delete: (old) => (old.id === "stuck" ? Promise.reject(new Error("cannot delete it")) : Promise.resolve()),
};

const cancelled = new AbortController();
let configured: unknown;

const provider: Provider = {
  name: "test",
  version: "1.2.3",
  checkConfig: (news) => ({ inputs: news, failures: [] }),
  diffConfig: (olds, news) => compare(olds, news, []),
  configure: (inputs) => {
    configured = inputs;
  },
  resource(type) {
    if (type !== "test:index:Thing") throw new Error(`${type} is not known`);
    return resource;
  },
  invoke: (token, args) => Promise.resolve({ token, ...args }),
};

let server: grpc.Server;
let client: ResourceProviderClient;

beforeAll(async () => {
  server = new grpc.Server();
  server.addService(ResourceProviderService, implementation(provider, cancelled));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

type Ask<Request, Response> = (request: Request, callback: (error: grpc.ServiceError | null, response: Response) => void) => unknown;

/** Calls a method of the served plugin by its name. */
function call<Request, Response>(method: string, request: Request): Promise<Response> {
  const ask = (client as unknown as Record<string, Ask<Request, Response>>)[method];
  return new Promise((resolve, reject) => ask?.call(client, request, (error, response) => (error ? reject(error) : resolve(response))));
}

const type = "test:index:Thing";

test("the engine's first questions are answered", async () => {
  expect(
    (
      await call<pb.ProviderHandshakeRequest, pb.ProviderHandshakeResponse>("handshake", new pb.ProviderHandshakeRequest())
    ).getAcceptSecrets(),
  ).toBe(false);
  const answer = await call<pb.ConfigureRequest, pb.ConfigureResponse>(
    "configure",
    new pb.ConfigureRequest().setArgs(toStruct({ key: secret("s") })),
  );
  expect(answer.getSupportspreview()).toBe(true);
  expect(configured).toEqual({ key: "s" });
});

test("check answers completed inputs and all failures", async () => {
  const answer = await call<pb.CheckRequest, pb.CheckResponse>(
    "check",
    new pb.CheckRequest().setType(type).setNews(toStruct({ bad: true })),
  );
  expect(fromStruct(answer.getInputs())).toEqual({ bad: true, added: 1 });
  expect(answer.toObject().failuresList).toEqual([{ property: "bad", reason: "is bad" }]);
});

test("diff tells each path, and that a replacement needs the old one gone", async () => {
  const request = new pb.DiffRequest()
    .setType(type)
    .setId("a")
    .setOldInputs(toStruct({ kind: "a", size: 1 }))
    .setNews(toStruct({ kind: "b", size: 2 }));
  const answer = (await call<pb.DiffRequest, pb.DiffResponse>("diff", request)).toObject();
  expect(answer.changes).toBe(pb.DiffResponse.DiffChanges.DIFF_SOME);
  expect(answer.replacesList).toEqual(["kind"]);
  expect(answer.deletebeforereplace).toBe(true);
  expect(answer.detaileddiffMap).toEqual([
    ["kind", { kind: pb.PropertyDiff.Kind.UPDATE_REPLACE, inputdiff: true }],
    ["size", { kind: pb.PropertyDiff.Kind.UPDATE, inputdiff: true }],
  ]);
});

test("equal inputs are no change", async () => {
  const request = new pb.DiffRequest()
    .setType(type)
    .setId("a")
    .setOldInputs(toStruct({ a: 1 }))
    .setNews(toStruct({ a: 1 }));
  expect((await call<pb.DiffRequest, pb.DiffResponse>("diff", request)).getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_NONE);
});

test("a created resource has its id and its outputs, secrets marked", async () => {
  const answer = await call<pb.CreateRequest, pb.CreateResponse>(
    "create",
    new pb.CreateRequest().setType(type).setProperties(toStruct({ a: 1 })),
  );
  expect(answer.getId()).toBe("id-1");
  expect(answer.getProperties()?.toJavaScript()).toMatchObject({ a: 1, key: { value: "k" } });
});

test("a resource that is made but not ready is packed into the error, for the state", async () => {
  const request = new pb.CreateRequest().setType(type).setProperties(toStruct({ broken: true }));
  const error = await call<pb.CreateRequest, pb.CreateResponse>("create", request).then(
    () => undefined,
    (reason: grpc.ServiceError) => reason,
  );
  expect(error?.details).toBe("it crashes");
  const [packed] = error?.metadata.get("grpc-status-details-bin") ?? [];
  const [any] = Status.deserializeBinary(new Uint8Array(packed as Buffer)).getDetailsList();
  const detail = any?.unpack((bytes) => pb.ErrorResourceInitFailed.deserializeBinary(bytes), "pulumirpc.ErrorResourceInitFailed");
  expect(detail?.getId()).toBe("id-1");
  expect(detail?.getReasonsList()).toEqual(["it crashes"]);
  expect(fromStruct(detail?.getProperties())).toEqual({ half: true });
});

test("a resource that is gone is read as an empty id", async () => {
  const read = (id: string) => call<pb.ReadRequest, pb.ReadResponse>("read", new pb.ReadRequest().setType(type).setId(id));
  expect((await read("gone")).getId()).toBe("");
  expect((await read("there")).getId()).toBe("there");
});

test("an error is its message alone, without a stack", async () => {
  const request = new pb.DeleteRequest().setType(type).setId("stuck");
  await expect(call<pb.DeleteRequest, Empty>("delete", request)).rejects.toMatchObject({ details: "cannot delete it" });
});

test("a type or method that is not known is an error that says so", async () => {
  await expect(call<pb.CheckRequest, pb.CheckResponse>("check", new pb.CheckRequest().setType("test:index:Other"))).rejects.toMatchObject({
    details: "test:index:Other is not known",
  });
  await expect(call<pb.CallRequest, pb.CallResponse>("call", new pb.CallRequest())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
    details: "call is not known to the stand-in of the test plugin",
  });
});

test("functions are invoked with plain values", async () => {
  const request = new pb.InvokeRequest().setTok("test:index:get").setArgs(toStruct({ a: 1 }));
  expect(fromStruct((await call<pb.InvokeRequest, pb.InvokeResponse>("invoke", request)).getReturn())).toEqual({
    token: "test:index:get",
    a: 1,
  });
});

test("cancelling reaches the running operations", async () => {
  await call<Empty, Empty>("cancel", new Empty());
  expect(cancelled.signal.aborted).toBe(true);
});
