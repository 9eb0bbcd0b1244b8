// The stand-in of the official `kubernetes` plugin.
import { version } from "@pulumi/kubernetes/package.json";
import { serve } from "../protocol/server";
import { kubernetesProvider } from "./provider";

serve(kubernetesProvider(version));
