import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Cloud } from "../../cloud";
import { kubeFlavors } from "./project";

/** Managed Kubernetes clusters. */
export function kubeRoutes(app: FastifyInstance, { clusters, etcd, settings }: Cloud): void {
  const id = (request: FastifyRequest): string => (request.params as { kubeId: string }).kubeId;

  app.get("/kube", () => clusters.list());
  app.post("/kube", (request, reply) => reply.status(201).send(clusters.create(request.body)));
  app.get("/kube/:kubeId", (request) => clusters.get(id(request)));
  app.put("/kube/:kubeId", (request) => noContent(settings.rename(id(request), request.body)));
  app.delete("/kube/:kubeId", (request) => noContent(clusters.remove(id(request))));
  app.get("/kube/:kubeId/flavors", (request) => kubeFlavors(clusters.record(id(request)).region));

  app.get("/kube/:kubeId/metrics/etcdUsage", (request) => etcd.usage(id(request)));

  app.post("/kube/:kubeId/kubeconfig", (request) => clusters.kubeconfig(id(request)));
  app.post("/kube/:kubeId/kubeconfig/reset", (request) => noContent(clusters.resetKubeconfig(id(request))));
  app.post("/kube/:kubeId/reset", (request) => noContent(clusters.reset(id(request), request.body)));
  app.post("/kube/:kubeId/update", (request) => noContent(settings.update(id(request), request.body)));
  app.put("/kube/:kubeId/updatePolicy", (request) => noContent(settings.setUpdatePolicy(id(request), request.body)));
  app.get("/kube/:kubeId/customization", (request) => settings.customization(id(request)));
  app.put("/kube/:kubeId/customization", (request) => noContent(settings.setCustomization(id(request), request.body)));
  app.put("/kube/:kubeId/privateNetworkConfiguration", (request) => noContent(settings.setPrivateNetwork(id(request), request.body)));
  app.put("/kube/:kubeId/updateLoadBalancersSubnetId", (request) => noContent(settings.setLoadBalancersSubnet(id(request), request.body)));

  app.get("/kube/:kubeId/ipRestrictions", (request) => settings.ipRestrictions(id(request)));
  app.post("/kube/:kubeId/ipRestrictions", (request) => settings.addIpRestrictions(id(request), request.body));
  app.put("/kube/:kubeId/ipRestrictions", (request) => settings.setIpRestrictions(id(request), request.body));
  app.delete("/kube/:kubeId/ipRestrictions/:ip", (request) => {
    const { ip } = request.params as { ip: string };
    return noContent(settings.removeIpRestriction(id(request), decodeURIComponent(ip)));
  });

  app.get("/kube/:kubeId/openIdConnect", (request) => settings.openIdConnect(id(request)));
  app.post("/kube/:kubeId/openIdConnect", (request) => settings.createOpenIdConnect(id(request), request.body));
  app.put("/kube/:kubeId/openIdConnect", (request) => settings.updateOpenIdConnect(id(request), request.body));
  app.delete("/kube/:kubeId/openIdConnect", (request) => noContent(settings.deleteOpenIdConnect(id(request))));
}

/** The answer of the Kubernetes service to a request that has nothing to tell: no body, as cluster-autoscaler's client needs it. */
export async function noContent(result: void | Promise<void>): Promise<string> {
  await result;
  return "";
}

/** The same of the other services: they send the word null. */
export async function done(result: void | Promise<void>): Promise<string> {
  await result;
  return "null";
}
