import type { FastifyInstance } from "fastify";
import type { Cloud } from "../../cloud";
import { done } from "./kube";

/** Private networks, their subnets and gateways. */
export function networkRoutes(app: FastifyInstance, { gateways, networks }: Cloud): void {
  const parts = (request: { params: unknown }): Record<string, string> => request.params as Record<string, string>;

  app.get("/network/private", () => networks.list());
  app.post("/network/private", (request) => networks.create(request.body));
  app.get("/network/private/:id", (request) => networks.get(parts(request).id!));
  app.put("/network/private/:id", (request) => done(networks.rename(parts(request).id!, request.body)));
  app.delete("/network/private/:id", (request) => done(networks.remove(parts(request).id!)));
  app.get("/network/private/:id/subnet", (request) => networks.subnets(parts(request).id!));
  app.post("/network/private/:id/subnet", (request) => networks.createSubnet(parts(request).id!, request.body));
  app.delete("/network/private/:id/subnet/:subnet", (request) => done(networks.removeSubnet(parts(request).id!, parts(request).subnet!)));

  app.get("/region/:region/gateway", (request) => gateways.list(parts(request).region!));
  app.get("/region/:region/gateway/:id", (request) => gateways.get(parts(request).region!, parts(request).id!));
  app.put("/region/:region/gateway/:id", (request) => done(gateways.update(parts(request).region!, parts(request).id!, request.body)));
  app.delete("/region/:region/gateway/:id", (request) => gateways.remove(parts(request).region!, parts(request).id!));
  app.post("/region/:region/network/:network/subnet/:subnet/gateway", (request) => {
    const { region, network, subnet } = parts(request);
    return gateways.create(region!, network!, subnet!, request.body);
  });
  app.get("/operation/:id", (request) => gateways.operation(parts(request).id!));
}
