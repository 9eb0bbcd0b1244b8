import type { FastifyInstance } from "fastify";
import type { Cloud } from "../../cloud";

const methods = ["GET", "POST", "PUT", "DELETE"];

export function authRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get("/auth/time", (_request, reply) =>
    reply.type("application/json").send(String(Math.floor(cloud.context.clock.now().getTime() / 1000))),
  );
  app.get("/auth/details", () => ({
    account: "local",
    allowedRoutes: methods.map((method) => ({ method, path: "/*" })),
    description: null,
    identities: [],
    method: "consumerKey",
    roles: [],
    user: null,
  }));
  app.get("/auth/currentCredential", () => ({
    allowedIPs: null,
    applicationId: 1,
    creation: "2025-01-01T00:00:00Z",
    credentialId: 1,
    expiration: null,
    lastUse: cloud.context.clock.now().toISOString(),
    ovhSupport: false,
    rules: methods.map((method) => ({ method, path: "/*" })),
    status: "validated",
  }));
  app.get("/cloud/project", () => [cloud.context.serviceName]);
}
