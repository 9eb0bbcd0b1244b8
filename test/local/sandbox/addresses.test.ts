import { addresses } from "../../../local/sandbox/addresses";

test("each part of the local cloud has its address", () => {
  const own = addresses({ nodeCidr: "172.30.4.0/22", podCidr: "10.10.0.0/16", serviceCidr: "10.20.0.0/20" });
  expect(own.prefix).toBe(22);
  expect([own.host, own.controlPlane, own.node(1), own.node(20)]).toEqual(["172.30.4.1", "172.30.4.2", "172.30.4.11", "172.30.4.30"]);
  expect([own.podRange(1), own.podRange(20)]).toEqual(["10.10.1.0/24", "10.10.20.0/24"]);
  expect([own.kubernetesService, own.dnsService]).toEqual(["10.20.0.1", "10.20.0.10"]);
});
