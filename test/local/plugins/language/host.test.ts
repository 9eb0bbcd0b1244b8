import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { LanguageRuntimeClient, LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/language_pb";
import { languageHost } from "../../../../local/plugins/language/host";
import { removeTemporaryFolders, temporaryFolder } from "../helpers";

let server: grpc.Server;
let client: LanguageRuntimeClient;
let folder: string;

/** Stands in for the SDK's runner: writes down how it was started, then does what its entry point says. */
const runner = `
const { writeFileSync } = require("node:fs");
const variables = ["PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_NODEJS_TYPESCRIPT", "PULUMI_NODEJS_TSCONFIG_PATH"];
const env = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
writeFileSync("RUN", JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, env }));
const entry = process.argv.at(-1);
if (entry === "hang") setInterval(() => undefined, 1000);
else process.exitCode = Number(entry);
`;

beforeEach(async () => {
  folder = temporaryFolder();
  const run = join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run");
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "index.js"), runner.replace("RUN", join(folder, "run.json")));
  server = new grpc.Server();
  server.addService(LanguageRuntimeService, languageHost("1.2.3", "127.0.0.1:1"));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  client = new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
});

afterEach(() => {
  client.close();
  server.forceShutdown();
  removeTemporaryFolders();
});

type Ask<Request, Response> = (request: Request, callback: (error: grpc.ServiceError | null, response: Response) => void) => unknown;

/** Calls a method of the served plugin by its name. */
function call<Request, Response>(method: string, request: Request): Promise<Response> {
  const ask = (client as unknown as Record<string, Ask<Request, Response>>)[method];
  return new Promise((resolve, reject) => ask?.call(client, request, (error, response) => (error ? reject(error) : resolve(response))));
}

const info = (entry: string, options: Record<string, never> | object = {}) =>
  new pb.ProgramInfo()
    .setRootDirectory(folder)
    .setProgramDirectory(folder)
    .setEntryPoint(entry)
    .setOptions(Struct.fromJavaScript(options as Record<string, never>));

function runRequest(entry: string, options: object = {}): pb.RunRequest {
  const request = new pb.RunRequest().setProject("p").setStack("s").setOrganization("o").setMonitorAddress("127.0.0.1:2").setParallel(4);
  request.getConfigMap().set("p:a", "1");
  return request.setConfigsecretkeysList(["p:a"]).setInfo(info(entry, options));
}

const run = (request: pb.RunRequest) => call<pb.RunRequest, pb.RunResponse>("run", request);
const started = () =>
  JSON.parse(readFileSync(join(folder, "run.json"), "utf8")) as { argv: string[]; execArgv: string[]; env: Record<string, string> };

test("a program is run with what the engine and Pulumi.yaml say", async () => {
  const options = { typescript: false, nodeargs: "--stack-trace-limit=7 --title='a b'", tsconfig: "x.json" };
  expect((await run(runRequest("0", options).setDryrun(true).setArgsList([]))).toObject()).toEqual({ error: "", bail: false });
  const { argv, execArgv, env } = started();
  expect(execArgv).toEqual(["--stack-trace-limit=7", "--title=a b"]);
  expect(argv).toEqual([
    ...["--monitor", "127.0.0.1:2", "--engine", "127.0.0.1:1", "--organization", "o", "--project", "p", "--root-directory", folder],
    ...["--stack", "s", "--pwd", folder, "--parallel", "4", "--dry-run", "0"],
  ]);
  expect(env).toEqual({ PULUMI_CONFIG: '{"p:a":"1"}', PULUMI_CONFIG_SECRET_KEYS: '["p:a"]', PULUMI_NODEJS_TSCONFIG_PATH: "x.json" });
});

test("ts-node compiles the program unless Pulumi.yaml says otherwise", async () => {
  await run(runRequest("0"));
  expect(started().env.PULUMI_NODEJS_TYPESCRIPT).toBe("true");
});

test("a program that has told its fault already is not told again, and another exit status is an error", async () => {
  expect((await run(runRequest("32"))).toObject()).toEqual({ error: "", bail: true });
  expect((await run(runRequest("3"))).getError()).toBe("Program exited with non-zero exit code: 3");
});

test("wrong options of Pulumi.yaml are told all at once", async () => {
  const failed = run(runRequest("0", { typescript: "no", packagemanager: "yarn", color: "red" }));
  await expect(failed).rejects.toMatchObject({
    details: expect.stringMatching(/typescript must be a boolean; packagemanager must be npm: .*; color is not known/) as string,
  });
});

test("a program without the SDK is told what to do", async () => {
  const request = runRequest("0");
  request.getInfo()?.setProgramDirectory(temporaryFolder());
  await expect(run(request)).rejects.toMatchObject({ details: expect.stringContaining("npm ci") as string });
});

test("cancelling ends a program that hangs", async () => {
  const running = run(runRequest("hang"));
  setTimeout(() => void call<Empty, Empty>("cancel", new Empty()), 500);
  expect((await running).getError()).toBe("Program was ended by SIGINT");
});

test("the plugins that the installed packages need are found, and the dependencies listed", async () => {
  const add = (name: string, manifest: object) => {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, ...manifest }));
  };
  add("@pulumi/random", { version: "4.0.0", pulumi: { resource: true, name: "random", version: "4.0.1" } });
  add("@ovhcloud/pulumi-ovh", { version: "2.0.0", pulumi: { resource: true, name: "ovh", server: "github://x" } });
  add("zod", { version: "4.0.0" });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { zod: "4", missing: "1" } }));
  const request = new pb.GetRequiredPackagesRequest().setInfo(info("."));
  const { packagesList } = (
    await call<pb.GetRequiredPackagesRequest, pb.GetRequiredPackagesResponse>("getRequiredPackages", request)
  ).toObject();
  expect(packagesList.map(({ name, kind, version, server: from }) => [name, kind, version, from]).sort()).toEqual([
    ["ovh", "resource", "v2.0.0", "github://x"],
    ["random", "resource", "v4.0.1", ""],
  ]);
  const list = async (transitive: boolean) => {
    const asked = new pb.GetProgramDependenciesRequest().setInfo(info(".")).setTransitivedependencies(transitive);
    const answer = await call<pb.GetProgramDependenciesRequest, pb.GetProgramDependenciesResponse>("getProgramDependencies", asked);
    return answer.getDependenciesList().map((one) => one.getName());
  };
  expect(await list(false)).toEqual(["zod"]);
  expect((await list(true)).sort()).toEqual(["@ovhcloud/pulumi-ovh", "@pulumi/random", "zod"]);
});

test("installing runs npm in the program's folder, shows what it says, and fails as it does", async () => {
  const said: Buffer[] = [];
  const install = () =>
    new Promise<string>((resolve) => {
      const stream = client.installDependencies(new pb.InstallDependenciesRequest().setInfo(info(".")));
      stream.on("data", (part: pb.InstallDependenciesResponse) => said.push(Buffer.from(part.getStderr_asU8())));
      stream.on("error", (error: grpc.ServiceError) => resolve(error.details)).on("end", () => resolve("installed"));
    });
  writeFileSync(join(folder, "package-lock.json"), "{}");
  expect(await install()).toMatch(/^npm ci failed with exit status \d+$/);
  expect(Buffer.concat(said).toString()).toContain("Could not read package.json");
  writeFileSync(join(folder, "package.json"), "{}");
  expect(await install()).toBe("installed");
});

test("what the stand-in does not do is told as such", async () => {
  await expect(call<pb.PackRequest, pb.PackResponse>("pack", new pb.PackRequest())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
    details: "pack is not known to the stand-in of the Node.js language host",
  });
  const stream = client.runPlugin(new pb.RunPluginRequest());
  const error = await new Promise<grpc.ServiceError>((resolve) => stream.on("error", resolve).on("data", () => undefined));
  expect(error.details).toContain("runPlugin is not known");
});
