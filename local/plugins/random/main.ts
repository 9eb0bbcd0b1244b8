// The stand-in of the official `random` plugin.
import { version } from "@pulumi/random/package.json";
import { runPlugin } from "../protocol/process";
import { serve } from "../protocol/server";
import { randomProvider } from "./provider";

runPlugin(serve(randomProvider(version)));
