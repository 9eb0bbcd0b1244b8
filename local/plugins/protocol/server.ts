import type * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { type Diff, replaces } from "./diff";
import { tellEngine } from "./engine";
import { initFailure } from "./init-failure";
import { complete, unary as method } from "./methods";
import { failure, listen } from "./process";
import { type Call, type Checked, InitFailed, type Known, type Provider } from "./provider";
import { fromStruct, toStruct } from "./values";

/** Serves a provider as a Pulumi resource plugin, and answers its port. */
export const serve = (provider: Provider): Promise<number> =>
  listen(ResourceProviderService, implementation(provider, new AbortController()));

/** The gRPC methods of a provider; what we do not implement answers "unimplemented". */
export function implementation(provider: Provider, cancelled: AbortController): grpc.UntypedServiceImplementation {
  const call = (request: Request, preview = false, ignoreChanges: string[] = []): Call => ({
    urn: request.getUrn(),
    type: request.getType(),
    name: request.getName(),
    preview,
    timeout: "getTimeout" in request && request.getTimeout() > 0 ? request.getTimeout() * 1000 : undefined,
    signal: cancelled.signal,
    ignoreChanges,
    log: (severity, message) => tellEngine(severity, message, request.getUrn(), false),
    status: statusLine((message) => tellEngine("info", message, request.getUrn(), true)),
  });

  const methods: grpc.UntypedServiceImplementation = {
    // Accepting no secrets: the engine sends plain values, and marks in our answer what it knows to be secret.
    handshake: unary(() => new pb.ProviderHandshakeResponse()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(provider.version)),
    attach: unary(() => new Empty()),
    getSchema: unary(() => new pb.GetSchemaResponse().setSchema(JSON.stringify({ name: provider.name, version: provider.version }))),
    cancel: unary(() => {
      cancelled.abort();
      return new Empty();
    }),
    checkConfig: unary(async (request: pb.CheckRequest) =>
      checked(await provider.checkConfig(fromStruct(request.getNews()), fromStruct(request.getOlds()))),
    ),
    diffConfig: unary(async (request: pb.DiffRequest) =>
      diffed(await provider.diffConfig(fromStruct(request.getOldInputs()), fromStruct(request.getNews()))),
    ),
    configure: unary(async (request: pb.ConfigureRequest) => {
      await provider.configure(fromStruct(request.getArgs()));
      return new pb.ConfigureResponse().setSupportspreview(true);
    }),
    check: unary(async (request: pb.CheckRequest) => {
      const olds = fromStruct(request.getOlds());
      const known = Object.keys(olds).length > 0 ? olds : undefined;
      const news = fromStruct(request.getNews());
      return checked(await provider.resource(request.getType()).check(news, known, request.getRandomseed_asU8(), call(request)));
    }),
    diff: unary(async (request: pb.DiffRequest) => {
      const old = { id: request.getId(), inputs: fromStruct(request.getOldInputs()), outputs: fromStruct(request.getOlds()) };
      return diffed(
        await provider
          .resource(request.getType())
          .diff(old, fromStruct(request.getNews()), call(request, true, request.getIgnorechangesList())),
      );
    }),
    create: unary(async (request: pb.CreateRequest) => {
      const made = await provider
        .resource(request.getType())
        .create(fromStruct(request.getProperties()), call(request, request.getPreview()));
      return new pb.CreateResponse().setId(made.id).setProperties(toStruct(made.outputs));
    }),
    read: unary(async (request: pb.ReadRequest) => {
      const old = { id: request.getId(), inputs: fromStruct(request.getInputs()), outputs: fromStruct(request.getProperties()) };
      return found(await provider.resource(request.getType()).read(old, call(request)));
    }),
    update: unary(async (request: pb.UpdateRequest) => {
      const old = { id: request.getId(), inputs: fromStruct(request.getOldInputs()), outputs: fromStruct(request.getOlds()) };
      const context = call(request, request.getPreview(), request.getIgnorechangesList());
      const outputs = await provider.resource(request.getType()).update(old, fromStruct(request.getNews()), context);
      return new pb.UpdateResponse().setProperties(toStruct(outputs));
    }),
    delete: unary(async (request: pb.DeleteRequest) => {
      const old = { id: request.getId(), inputs: fromStruct(request.getOldInputs()), outputs: fromStruct(request.getProperties()) };
      await provider.resource(request.getType()).delete(old, call(request));
      return new Empty();
    }),
    invoke: unary(async (request: pb.InvokeRequest) =>
      new pb.InvokeResponse().setReturn(toStruct(await provider.invoke(request.getTok(), fromStruct(request.getArgs())))),
    ),
  };
  return complete(ResourceProviderService, methods, `the stand-in of the ${provider.name} plugin`);
}

/** How long a call is silent at first, and how often an unchanged status is shown as a sign of life, in milliseconds. */
const quiet = 1_000;
const signOfLife = 5_000;

/** Keeps statuses from flooding the terminal: waits tell theirs with each look. */
function statusLine(show: (message: string) => void): (message: string) => void {
  const start = Date.now();
  let last = { message: "", time: 0 };
  return (message) => {
    const now = Date.now();
    if (now - start < quiet || (message === last.message && now - last.time < signOfLife)) return;
    last = { message, time: now };
    show(message);
  };
}

type Request = pb.CheckRequest | pb.DiffRequest | pb.CreateRequest | pb.ReadRequest | pb.UpdateRequest | pb.DeleteRequest;

/** A resource that is there but not ready is told to the engine apart: it goes into the state. */
const unary = <Input, Output>(handle: (request: Input) => Output | Promise<Output>) =>
  method(handle, (error) => (error instanceof InitFailed ? initFailure(error) : failure(error)));

function checked({ inputs, failures }: Checked): pb.CheckResponse {
  const list = failures.map(({ property, reason }) => new pb.CheckFailure().setProperty(property).setReason(reason));
  return new pb.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(list);
}

function diffed(diff: Diff): pb.DiffResponse {
  const response = new pb.DiffResponse().setHasdetaileddiff(true).setDeletebeforereplace(diff.deleteBeforeReplace && replaces(diff));
  const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
  response.setChanges(diff.changes.size > 0 ? DIFF_SOME : DIFF_NONE);
  const kinds = pb.PropertyDiff.Kind;
  const kind = {
    add: [kinds.ADD, kinds.ADD_REPLACE],
    delete: [kinds.DELETE, kinds.DELETE_REPLACE],
    update: [kinds.UPDATE, kinds.UPDATE_REPLACE],
  } as const;
  for (const [path, { change, replace }] of diff.changes) {
    response.getDetaileddiffMap().set(path, new pb.PropertyDiff().setKind(kind[change][replace ? 1 : 0]).setInputdiff(true));
    if (replace) response.addReplaces(path);
    response.addDiffs(path.split(/[.[]/)[0] ?? path);
  }
  return response;
}

/** An empty id tells the engine that the resource is gone. */
function found(known: Known | undefined): pb.ReadResponse {
  const { id, inputs, outputs } = known ?? { id: "", inputs: {}, outputs: {} };
  return new pb.ReadResponse().setId(id).setInputs(toStruct(inputs)).setProperties(toStruct(outputs));
}
