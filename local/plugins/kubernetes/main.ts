// The stand-in of the official `kubernetes` plugin.
import { version } from "@pulumi/kubernetes/package.json";
import { runPlugin } from "../protocol/process";
import { serve } from "../protocol/server";
import { kubernetesProvider } from "./provider";

runPlugin(serve(kubernetesProvider(version)));
