// The SDK's own host of dynamic providers, bundled like the stand-ins: it starts with every update, and six times as fast.
import "@pulumi/pulumi/cmd/dynamic-provider";
