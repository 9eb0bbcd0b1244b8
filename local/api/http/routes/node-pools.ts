import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Cloud } from "../../cloud";
import { notFound } from "../../request/errors";
import type { CreatePoolBody, PoolView, UpdatePoolBody } from "../../state/pools";
import { noContent } from "./kube";

/** Node pools and nodes. */
export function nodePoolRoutes(app: FastifyInstance, { clusters, pools }: Cloud): void {
  /** The cluster's id. @throws {ApiError} 404 for an unknown cluster */
  const cluster = (request: FastifyRequest): string => clusters.record((request.params as { kubeId: string }).kubeId).id;
  const param = (request: FastifyRequest, name: string): string => (request.params as Record<string, string>)[name] ?? "";

  app.get("/kube/:kubeId/nodepool", (request) => pools.list(cluster(request)).map(shown));
  app.post("/kube/:kubeId/nodepool", (request, reply) =>
    reply.status(201).send(shown(pools.create(cluster(request), request.body as CreatePoolBody))),
  );
  app.get("/kube/:kubeId/nodepool/:poolId", (request) => shown(pools.get(cluster(request), param(request, "poolId"))));
  app.put("/kube/:kubeId/nodepool/:poolId", (request) =>
    noContent(pools.update(cluster(request), param(request, "poolId"), request.body as UpdatePoolBody)),
  );
  app.delete("/kube/:kubeId/nodepool/:poolId", (request) => noContent(pools.remove(cluster(request), param(request, "poolId"))));
  app.get("/kube/:kubeId/nodepool/:poolId/nodes", (request) => pools.nodeViews(cluster(request), param(request, "poolId")));

  app.get("/kube/:kubeId/node", (request) => pools.nodeViews(cluster(request)));
  app.get("/kube/:kubeId/node/:nodeId", (request) => {
    const node = pools.nodeViews(cluster(request)).find(({ id }) => id === param(request, "nodeId"));
    if (!node) throw notFound(`Node ${param(request, "nodeId")} not found`);
    return node;
  });
  app.delete("/kube/:kubeId/node/:nodeId", (request) => noContent(pools.removeNode(cluster(request), param(request, "nodeId"))));
}

/** A pool as HTTP clients see it: the revision is the emulator's own. */
function shown({ revision: _revision, ...pool }: PoolView): Omit<PoolView, "revision"> {
  return pool;
}
