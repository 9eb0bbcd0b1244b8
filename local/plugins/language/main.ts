// The stand-in of the official Node.js language host, `pulumi-language-nodejs`.
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { version } from "@pulumi/pulumi/package.json";
import { engineAddress, servePlugin } from "../protocol/process";
import { languageHost } from "./host";
import { killPrograms } from "./run";

if (process.argv.includes("--version")) console.log(version);
else {
  servePlugin((server) => server.addService(LanguageRuntimeService, languageHost(version, engineAddress())), killPrograms).catch(
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
