/**
 * The autoscaler on the local cloud's real nodes, with the rights that it is given and the OVHcloud API's credentials: without faults, and with each
 * that docs/autoscaler.md says it stands. After each of them every task is done once, and the pools are at zero.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { apiServer } from "./api-server";
import { start, stop } from "./cloud";
import { kept } from "./kept";
import { leaders } from "./leaders";
import { nodes } from "./nodes";
import { normal } from "./normal";
import { ovhcloud } from "./ovhcloud";
import { startReplicas, stopReplicas } from "./replicas";

beforeAll(async () => {
  await stop();
  const cheap = ["compute", "named", "last", "boot", "lost", "edited", "stock", "refused", "quota", "stray", "least"];
  await start({ ...Object.fromEntries(cheap.map((name) => [name, "c2-7"])), spare: "b2-7" });
  await startReplicas();
});

afterAll(async () => {
  await stopReplicas();
  await stop();
});

normal();
leaders();
apiServer();
nodes();
ovhcloud();
kept();
