// The stand-in of the official `ovh` plugin.
import { version } from "@ovhcloud/pulumi-ovh/package.json";
import { runPlugin } from "../protocol/process";
import { serve } from "../protocol/server";
import { ovhProvider } from "./provider";

runPlugin(serve(ovhProvider(version)));
