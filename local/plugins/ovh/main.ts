// The stand-in of the official `ovh` plugin.
import { version } from "@ovhcloud/pulumi-ovh/package.json";
import { serve } from "../protocol/server";
import { ovhProvider } from "./provider";

serve(ovhProvider(version));
