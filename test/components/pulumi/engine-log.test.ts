import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type EngineLog, createEngineLog } from "../../../components/pulumi/engine-log";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { providerText } from "../../../components/batch/batch-job";
import { given } from "../batch/fakes/provider";

interface Logged {
  readonly message: string;
  readonly ephemeral: boolean;
}

let server: grpc.Server;
let address: string;
let logged: Logged[];
/** Milliseconds after which the engine takes a line. */
let delay: (line: string) => number;

beforeEach(async () => {
  logged = [];
  delay = () => 0;
  server = new grpc.Server();
  const refuse = (_call: unknown, answer: grpc.sendUnaryData<never>) => answer({ code: grpc.status.UNIMPLEMENTED });
  const log = ({ request }: grpc.ServerUnaryCall<LogRequest, Empty>, answer: grpc.sendUnaryData<Empty>) => {
    setTimeout(() => {
      logged.push({ message: request.getMessage(), ephemeral: request.getEphemeral() });
      answer(null, new Empty());
    }, delay(request.getMessage()));
  };
  server.addService(EngineService, {
    log,
    ...{ getRootResource: refuse, setRootResource: refuse, startDebugging: refuse, requirePulumiVersion: refuse },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
  address = `127.0.0.1:${port}`;
});
afterEach(() => server.forceShutdown());

function open(at: string | undefined): { readonly log: EngineLog; readonly printed: string[] } {
  const printed: string[] = [];
  return { log: createEngineLog(at, (line) => printed.push(line)), printed };
}

test("lines reach the engine in their order, those that pass marked as such, and are there once it is awaited", async () => {
  delay = (line) => (line === "first" ? 100 : 0);
  const { log, printed } = open(address);
  void log("first", true);
  await log("second\nof two lines");
  expect(logged).toEqual([
    { message: "first", ephemeral: true },
    { message: "second\nof two lines", ephemeral: false },
  ]);
  expect(printed).toEqual([]);
});

test.each([
  ["there is none", undefined],
  ["it is gone", "127.0.0.1:1"],
])("lines are printed when the engine does not take them: %s", async (_why, at) => {
  const { log, printed } = open(at);
  await log("line", true);
  expect(printed).toEqual(["line"]);
});

test("the provider's process tells the engine whose address it is started with", async () => {
  const root = join(__dirname, "..", "..", "..");
  const inputs = { ...given, tasksFrom: undefined, schedule: { cron: "@daily" }, __preview: true };
  const evaluate = `
    const exports = {};
    new Function("exports", "require", ${JSON.stringify(providerText)})(exports, require);
    exports.handler().check({}, ${JSON.stringify(inputs)}).then(() => process.exit(0));
  `;
  const child = spawn(process.execPath, ["-e", evaluate, "script", address], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (data: Buffer) => (out += String(data)));
  await once(child, "close");
  expect(logged).toEqual([{ message: expect.stringMatching(/^thumbnails: 1 task at each time of "@daily"/) as string, ephemeral: false }]);
  expect(out).toBe("");
}, 60_000);
