import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { complete, unary } from "../protocol/methods";
import { failure } from "../protocol/process";
import { serveAhead } from "./ahead";
import { installDependencies } from "./install";
import { dependencies, requiredPackages } from "./packages";
import { runProgram } from "./run";

/** The Node.js language host: what the Pulumi CLI asks of it to run a program. */
export function languageHost(version: string, engineAddress: string | undefined): grpc.UntypedServiceImplementation {
  const cancelled = new AbortController();
  let engine = engineAddress ?? "";

  const methods: grpc.UntypedServiceImplementation = {
    handshake: unary((request: pb.LanguageHandshakeRequest) => {
      engine = request.getEngineAddress();
      return new pb.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getRequiredPackages: unary(async (request: pb.GetRequiredPackagesRequest) =>
      new pb.GetRequiredPackagesResponse().setPackagesList(await requiredPackages(request.getInfo()?.getProgramDirectory() ?? ".")),
    ),
    run: unary((request: pb.RunRequest, call: grpc.ServerUnaryCall<pb.RunRequest, pb.RunResponse>) => {
      const ended = new AbortController();
      call.on("cancelled", () => ended.abort());
      const running = runProgram(request, engine, AbortSignal.any([cancelled.signal, ended.signal]));
      // Without it the plugins start a little later.
      serveAhead(request.getInfo()?.getProgramDirectory() ?? request.getPwd(), engine).catch(() => undefined);
      return running;
    }),
    cancel: unary(() => {
      cancelled.abort();
      return new Empty();
    }),
    about: unary(async () => {
      const npm = await promisify(execFile)("npm", ["--version"], { timeout: 10_000 }).catch(() => ({ stdout: "unknown" }));
      const response = new pb.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
      response.getMetadataMap().set("packagemanager", "npm").set("packagemanagerVersion", npm.stdout.trim());
      return response;
    }),
    getProgramDependencies: unary(async (request: pb.GetProgramDependenciesRequest) => {
      const found = await dependencies(request.getInfo()?.getProgramDirectory() ?? request.getPwd(), request.getTransitivedependencies());
      const list = found.map(({ name, version }) => new pb.DependencyInfo().setName(name).setVersion(version));
      return new pb.GetProgramDependenciesResponse().setDependenciesList(list);
    }),
    runtimeOptionsPrompts: unary(() => new pb.RuntimeOptionsResponse()),
    template: unary(() => new pb.TemplateResponse()),
    installDependencies: (call: grpc.ServerWritableStream<pb.InstallDependenciesRequest, pb.InstallDependenciesResponse>) => {
      const directory = call.request.getInfo()?.getProgramDirectory() ?? call.request.getDirectory();
      const write = (text: Buffer, error: boolean) => {
        const response = new pb.InstallDependenciesResponse();
        call.write(error ? response.setStderr(text) : response.setStdout(text));
      };
      installDependencies(directory, write).then(
        () => call.end(),
        (error: unknown) => call.emit("error", failure(error)),
      );
    },
  };
  return complete(LanguageRuntimeService, methods, "the stand-in of the Node.js language host");
}
