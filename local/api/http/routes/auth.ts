import type { FastifyInstance } from "fastify";
import type { Cloud } from "../../cloud";
import { actionOf, type ServiceAccounts } from "../../iam/service-accounts";

export function authRoutes(app: FastifyInstance, cloud: Cloud, accounts: ServiceAccounts): void {
  app.get("/auth/time", (_request, reply) =>
    reply.type("application/json").send(String(Math.floor(cloud.context.clock.now().getTime() / 1000))),
  );
  app.get("/auth/details", ({ apiKey, serviceAccount }) => ({
    account: "local",
    allowedRoutes: apiKey?.rules ?? null,
    description: null,
    identities: serviceAccount ? [serviceAccount.identity] : [],
    method: serviceAccount ? "oauth2" : "consumerKey",
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
  app.get("/cloud/project", ({ serviceAccount }) =>
    [cloud.context.serviceName].filter((name) => !serviceAccount || accounts.mayDo(serviceAccount, actionOf("GET", ""), name)),
  );
}
