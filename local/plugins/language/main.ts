// The stand-in of the official Node.js language host, `pulumi-language-nodejs`.
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { version } from "@pulumi/pulumi/package.json";
import { engineAddress, listen, runPlugin } from "../protocol/process";
import { withdraw } from "./ahead";
import { languageHost } from "./host";
import { killPrograms } from "./run";

if (process.argv.includes("--version")) console.log(version);
else {
  runPlugin(listen(LanguageRuntimeService, languageHost(version, engineAddress())), () => {
    withdraw();
    killPrograms();
  });
}
