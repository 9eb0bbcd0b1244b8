import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Cloud } from "../../cloud";
import { done } from "./kube";

/** The project's users, their S3 credentials and policies. */
export function userRoutes(app: FastifyInstance, { users }: Cloud): void {
  const id = (request: FastifyRequest): string => (request.params as { userId: string }).userId;
  const access = (request: FastifyRequest): string => (request.params as { access: string }).access;

  app.get("/user", () => users.list());
  app.post("/user", (request) => users.create(request.body));
  app.get("/user/:userId", (request) => users.get(id(request)));
  app.delete("/user/:userId", (request) => done(users.remove(id(request))));
  app.put("/user/:userId/role", (request) => users.setRoles(id(request), request.body));
  app.post("/user/:userId/regeneratePassword", (request) => users.regeneratePassword(id(request)));
  app.get("/user/:userId/openrc", (request) => users.openrc(id(request), (request.query as { region?: string }).region ?? ""));

  app.get("/user/:userId/s3Credentials", (request) => users.credentials(id(request)));
  app.post("/user/:userId/s3Credentials", (request) => users.createCredential(id(request)));
  app.get("/user/:userId/s3Credentials/:access", (request) => users.credential(id(request), access(request)));
  app.delete("/user/:userId/s3Credentials/:access", (request) => done(users.deleteCredential(id(request), access(request))));
  app.post("/user/:userId/s3Credentials/:access/secret", (request) => users.secret(id(request), access(request)));

  app.get("/user/:userId/policy", (request) => users.policy(id(request)));
  app.post("/user/:userId/policy", (request) => done(users.setPolicy(id(request), request.body)));
}
