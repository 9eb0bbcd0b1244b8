import type { FastifyInstance } from "fastify";
import type { Cloud } from "../../cloud";

export function authRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get("/auth/time", (_request, reply) =>
    reply.type("application/json").send(String(Math.floor(cloud.context.clock.now().getTime() / 1000))),
  );
  app.get("/auth/details", (request) => ({
    account: "local",
    allowedRoutes: request.apiKey?.rules,
    description: null,
    identities: [],
    method: "consumerKey",
    roles: [],
    user: null,
  }));
  app.get("/auth/currentCredential", (request) => ({
    allowedIPs: null,
    applicationId: 1,
    creation: "2025-01-01T00:00:00Z",
    credentialId: 1,
    expiration: null,
    lastUse: cloud.context.clock.now().toISOString(),
    ovhSupport: false,
    rules: request.apiKey?.rules,
    status: "validated",
  }));
  app.get("/cloud/project", () => [cloud.context.serviceName]);
}
